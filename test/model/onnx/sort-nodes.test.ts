import { describe, expect, it } from 'vitest';
import { graphOf, modelOf } from '../../../model/graph/graph.ts';
import { sortNodes } from '../../../model/onnx/sort-nodes.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { append, plainForm } from '../../support/import-forms.ts';

const model = modelOf(plainForm());

describe('the order of nodes', () => {
  it('is kept if every value is produced before it is read', () => {
    expect(sortNodes(model)).toBe(model);
  });

  it('is restored, whatever it was', () => {
    const node = model.graph?.node ?? [];
    for (const mixed of [node.toReversed(), [...node.slice(3), ...node.slice(0, 3)]]) {
      if (model.graph === undefined) throw new Error('expected a graph');
      const sorted = sortNodes({ ...model, graph: { ...model.graph, node: mixed } });
      expect(sorted.graph?.node).toEqual(node);
      expect(() => graphOf(sorted)).not.toThrow();
    }
  });

  it('does not exist in a circle, which is named', () => {
    const graph = append(plainForm(), ['Add', ['logits', 'second'], 'first'], ['Neg', ['first'], 'second']);
    const circle = { ...model, graph: { ...modelOf(plainForm()).graph, node: [...graph.nodes] } };
    expect(() => sortNodes(circle as typeof model)).toThrow(UserError);
    expect(() => sortNodes(circle as typeof model)).toThrow('the nodes of the model form a circle through first');
  });
});

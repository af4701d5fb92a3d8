import { describe, expect, it } from 'vitest';
import { intsAttribute } from '../../../../model/graph/attribute.ts';
import { emptyGraph, type Graph } from '../../../../model/graph/graph.ts';
import { makeNode } from '../../../../model/graph/node.ts';
import { makeValue } from '../../../../model/graph/value.ts';
import { makeBatchDynamic } from '../../../../model/import/batch/make-batch-dynamic.ts';
import { elementType } from '../../../../model/onnx/element-type.ts';
import { makeTensor } from '../../../../model/onnx/tensor.ts';
import { formClasses, formFeatures, formParts, formSize, writeGraph } from '../../../support/import-forms.ts';
import { expectSameProbabilities, feeds, repeated, softmax } from '../../../support/import-oracle.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const integers = (name: string, ...values: number[]) =>
  makeTensor(name, [values.length], BigInt64Array.from(values, BigInt));

/** A classifier of features of length 1, as `torch.nn.functional.normalize` gives them. */
function normalizedForm(batch: number | 'N'): Graph {
  const { sketch, maps, vector, linear } = formParts();
  const features = vector(maps('pixels'));
  const length = sketch.node('ReduceL2', [features], [intsAttribute('axes', [1])]);
  const shape = batch === 'N' ? sketch.node('Shape', [features]) : sketch.ints([batch, formFeatures]);
  const lengths = sketch.node('Expand', [length, shape]);
  const value = linear(sketch.node('Div', [features, lengths]));
  return sketch.graph(
    { name: 'pixels', shape: [batch, 3, formSize, formSize] },
    { value, shape: [batch, formClasses] },
  );
}

describe('an Expand of one number per image to each of its features', () => {
  it.each<number | 'N'>(['N', 1, 4])('is imported, batch %s', async (batch) => {
    const source = await writeGraph(temporaryFolder(), normalizedForm(batch));
    const feed = repeated(feeds.color, batch === 'N' ? 1 : batch);
    await expectSameProbabilities(source, { feed, probabilities: softmax });
  });

  it.each([
    ['more images', [8, 3]],
    ['an axis before the batch', [5, 2, 3]],
  ])('is refused if it adds %s', (_, sizes) => {
    const graph: Graph = {
      ...emptyGraph('test', { irVersion: 8, opset: 17 }),
      inputs: [makeValue('image', 'float', [2, 3])],
      outputs: [makeValue('large', 'float', sizes)],
      nodes: [makeNode('Expand', ['image', 'sizes'], ['large'])],
      initializers: new Map([['sizes', integers('sizes', ...sizes)]]),
    };
    const types = new Map([['image', { dataType: elementType.float, shape: [2, 3] }]]);

    expect(() => makeBatchDynamic(graph, types, 2)).toThrow('Expand node with output large may mix the images');
  });
});

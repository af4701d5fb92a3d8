import { UserError } from '../../shared/user-error.ts';
import { intAttribute } from '../graph/attribute.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { freshName, renameValue } from '../graph/names.ts';
import { describeNode, isOperator, makeNode } from '../graph/node.ts';
import { classifierTail } from './classifier-tail.ts';

export const probabilitiesOutput = 'probabilities';

/**
 * Names the only output `probabilities`; where it is logits, appends the Softmax that the network was published
 * without. Legal only if the output comes from a Softmax, or, over changes of shape and a bias, from Gemm or MatMul.
 * @throws {UserError} naming the node that the output comes from instead.
 */
export function nameProbabilities(graph: Graph): PassResult {
  const [output] = graph.outputs;
  if (output === undefined) throw new UserError('the network has no output');
  const { softmax, last } = classifierTail(graph, output.name);
  if (softmax !== undefined) {
    const modified = output.name !== probabilitiesOutput;
    return { graph: renameValue(graph, output.name, probabilitiesOutput), modified };
  }
  if (last === undefined || !isOperator(last, 'Gemm', 'MatMul')) {
    const from = last === undefined ? 'no node' : describeNode(last);
    throw new UserError(`not a classifier: expected ${output.name} to come from Softmax, Gemm or MatMul, got ${from}`);
  }
  const logits = renameValue(graph, output.name, freshName(graph, 'logits'));
  const [renamed = output] = logits.outputs;
  const named = renameValue(logits, probabilitiesOutput, freshName(logits, `${probabilitiesOutput}_1`));
  const softmaxNode = makeNode('Softmax', [renamed.name], [probabilitiesOutput], {
    attributes: [intAttribute('axis', 1)],
  });
  return {
    graph: { ...named, nodes: [...named.nodes, softmaxNode], outputs: [{ ...renamed, name: probabilitiesOutput }] },
    modified: true,
  };
}

import { UserError } from '../../../shared/failures/user-error.ts';
import { intAttribute } from '../../graph/attribute.ts';
import { classifierTail, isPointwise } from '../../graph/classifier-tail.ts';
import type { Graph, PassResult } from '../../graph/graph.ts';
import { freshName, renameValue } from '../../graph/names.ts';
import { describeNode, isOperator, makeNode } from '../../graph/node.ts';
import { makeValue, tensorType } from '../../graph/value.ts';

export const probabilitiesOutput = 'probabilities';

/**
 * Renames the only output to `probabilities`, appends a Softmax if it is logits, and flattens it from
 * [N, classes, 1, 1] to [N, classes]. Legal only if the output comes from a Softmax, or from Gemm, MatMul or a 1×1 Conv
 * with only changes of shape and a bias after it.
 * @throws {UserError} with the node that the output comes from instead
 */
export function nameProbabilities(source: Graph): PassResult {
  const graph = flattenOutput(source);
  const [output] = graph.outputs;
  if (output === undefined) throw new UserError('the network has no output');
  const { softmax, last } = classifierTail(graph, output.name);
  if (softmax !== undefined) {
    const modified = graph !== source || output.name !== probabilitiesOutput;
    return { graph: renameValue(graph, output.name, probabilitiesOutput), modified };
  }
  if (last === undefined || !(isOperator(last, 'Gemm', 'MatMul') || isPointwise(last, graph))) {
    const from = last === undefined ? 'no node' : describeNode(last);
    throw new UserError(
      `not a classifier: ${output.name} comes from ${from}; export a model that ends with Softmax, Gemm, MatMul or a 1×1 Conv`,
    );
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

/** Flattens an output [N, classes, 1, ...] to [N, classes]. */
function flattenOutput(graph: Graph): Graph {
  const [output, ...others] = graph.outputs;
  const [batch = '', classes = '', ...further] = (output && tensorType(output).shape) ?? [];
  if (output === undefined || further.length === 0) return graph;
  const maps = freshName(graph, `${output.name}_maps`);
  const renamed = renameValue(graph, output.name, maps);
  const flatten = makeNode('Flatten', [maps], [output.name], { attributes: [intAttribute('axis', 1)] });
  return {
    ...renamed,
    nodes: [...renamed.nodes, flatten],
    outputs: [makeValue(output.name, 'float', [batch, classes]), ...others],
  };
}

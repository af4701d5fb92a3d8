import { intAttribute } from '../graph/attribute.ts';
import type { Graph } from '../graph/graph.ts';
import { freshName } from '../graph/names.ts';
import { makeNode } from '../graph/node.ts';
import { makeValue } from '../graph/value.ts';
import { batchAxis } from '../import/batch/make-batch-dynamic.ts';
import { makeTensor } from '../onnx/tensor.ts';
import type { LinearHead } from './linear-head.ts';

/** Adds the float output [batch, 4] of a linear layer over the embedding. @returns the graph and the name of the output */
export function addBoxOutput(
  source: Graph,
  embedding: string,
  { weights, bias }: LinearHead,
): { readonly graph: Graph; readonly output: string } {
  const [matrix, shift, output] = ['own_boxes_w', 'own_boxes_b', 'boxes'].map((name) => freshName(source, name));
  if (matrix === undefined || shift === undefined || output === undefined) throw new Error('expected three names');
  const count = bias.length;
  const tensors = [makeTensor(matrix, [count, weights.length / count], weights), makeTensor(shift, [count], bias)];
  const graph: Graph = {
    ...source,
    outputs: [...source.outputs, makeValue(output, 'float', [batchAxis, count])],
    nodes: [
      ...source.nodes,
      makeNode('Gemm', [embedding, matrix, shift], [output], { attributes: [intAttribute('transB', 1)] }),
    ],
    initializers: new Map([...source.initializers, ...tensors.map((tensor) => [tensor.name, tensor] as const)]),
  };
  return { graph, output };
}

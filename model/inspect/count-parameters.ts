import type { Graph } from '../graph/graph.ts';
import { isOperator } from '../graph/node.ts';
import { elementType } from '../onnx/element-type.ts';
import { elementCount, tensorShape } from '../onnx/tensor.ts';

export const floatingTypes: readonly number[] = [elementType.float, elementType.float16, elementType.double];

/** Number of trainable weights: floating-point numbers, without the statistics of batch normalization. */
export function countParameters(graph: Graph): number {
  const statistics = batchNormStatistics(graph);
  return Array.from(graph.initializers.values())
    .filter(({ name, dataType }) => floatingTypes.includes(dataType) && !statistics.has(name))
    .reduce((total, tensor) => total + elementCount(tensorShape(tensor)), 0);
}

/** Names of the running means and variances of batch normalization. */
export function batchNormStatistics(graph: Graph): ReadonlySet<string> {
  const nodes = graph.nodes.filter((node) => isOperator(node, 'BatchNormalization'));
  return new Set(nodes.flatMap(({ input }) => input.slice(3, 5)));
}

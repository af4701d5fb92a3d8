import type { Graph } from '../graph/graph.ts';
import { isOperator } from '../graph/node.ts';
import { elementType } from '../onnx/element-type.ts';
import { elementCount, tensorShape } from '../onnx/tensor.ts';

const floating: readonly number[] = [elementType.float, elementType.float16, elementType.double];

/** Floating-point numbers among the weights: what training adjusts, so without batch normalisation's statistics. */
export function countParameters(graph: Graph): number {
  const statistics = batchNormStatistics(graph);
  return Array.from(graph.initializers.values())
    .filter(({ name, dataType }) => floating.includes(dataType) && !statistics.has(name))
    .reduce((total, tensor) => total + elementCount(tensorShape(tensor)), 0);
}

/** Names of the means and variances that batch normalisation has measured. */
export function batchNormStatistics(graph: Graph): ReadonlySet<string> {
  const nodes = graph.nodes.filter((node) => isOperator(node, 'BatchNormalization'));
  return new Set(nodes.flatMap(({ input }) => input.slice(3, 5)));
}

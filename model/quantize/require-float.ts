import { UserError } from '../../shared/failures/user-error.ts';
import type { Graph } from '../graph/graph.ts';
import { describeNode } from '../graph/node.ts';
import { elementType } from '../onnx/element-type.ts';

/** What makes a network no float one any more. */
export interface Rounded {
  readonly kind: 'int8' | 'half precision';
  /** The node or weight that tells. */
  readonly where: string;
}

/** How a network was rounded; undefined for a float one. */
export function findReducedPrecision({ nodes, initializers }: Graph): Rounded | undefined {
  const int8 = nodes.find(({ opType }) => /^(QLinear|Quantize|Dequantize)/.test(opType));
  if (int8) return { kind: 'int8', where: `${describeNode(int8)} is quantized already` };
  const half = [...initializers.values()].find(({ dataType }) => dataType === elementType.float16);
  return half && { kind: 'half precision', where: `the weights ${half.name} are in half precision already` };
}

/**
 * What is made of a float network cannot be made of one that is not.
 * @throws {UserError} naming the node or weight that is int8 or half precision already
 */
export function requireFloat(graph: Graph): void {
  const rounded = findReducedPrecision(graph);
  if (rounded) throw new UserError(`expected a float network: ${rounded.where}`);
}

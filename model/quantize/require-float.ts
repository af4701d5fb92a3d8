import { UserError } from '../../shared/user-error.ts';
import type { Graph } from '../graph/graph.ts';
import { describeNode } from '../graph/node.ts';
import { elementType } from '../onnx/element-type.ts';

/**
 * What is made of a float network cannot be made of one that is not.
 * @throws {UserError} naming the node or weight that is int8 or half precision already
 */
export function requireFloat({ nodes, initializers }: Graph): void {
  const int8 = nodes.find(({ opType }) => /^(QLinear|Quantize|Dequantize)/.test(opType));
  if (int8) throw new UserError(`expected a float network: ${describeNode(int8)} is quantised already`);
  const half = [...initializers.values()].find(({ dataType }) => dataType === elementType.float16);
  if (half) throw new UserError(`expected a float network: the weights ${half.name} are in half precision already`);
}

import { UserError } from '../../shared/failures/user-error.ts';
import { elementType } from '../onnx/element-type.ts';
import type { Graph } from './graph.ts';
import { describeNode } from './node.ts';

/** The precision of a network that is not float. */
export interface ReducedPrecision {
  readonly kind: 'int8' | 'half precision';
  /** The first node or weight in this precision, as a sentence. */
  readonly evidence: string;
}

/** The reduced precision of a network; undefined for a float network. */
export function findReducedPrecision({ nodes, initializers }: Graph): ReducedPrecision | undefined {
  const int8 = nodes.find(({ opType }) => /^(QLinear|Quantize|Dequantize)/.test(opType));
  if (int8) return { kind: 'int8', evidence: `${describeNode(int8)} is already quantized` };
  const half = [...initializers.values()].find(({ dataType }) => dataType === elementType.float16);
  return half && { kind: 'half precision', evidence: `the weights ${half.name} are already in half precision` };
}

/** @throws {UserError} naming a node or weight in int8 or half precision */
export function requireFloat(graph: Graph): void {
  const reduced = findReducedPrecision(graph);
  if (reduced) throw new UserError(`give a float model: ${reduced.evidence}`);
}

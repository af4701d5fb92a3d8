import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { observedOperators } from './calibrate.ts';

/** Why a node of an int8 network stays in float. */
export type FloatReason =
  | 'costs too much agreement'
  | 'no int8 kernel'
  | 'no int8 kernel for this form'
  | 'reads the floats of another node';

/** A node of an int8 network that stays in float. */
export interface FloatNode {
  readonly node: string;
  readonly reason: FloatReason;
}

/**
 * @param readsBytes whether an input of the node is available as bytes
 * @param isFloatLayer whether the layer was chosen to stay in float
 */
export function floatReason(node: NodeProto, readsBytes: boolean, isFloatLayer: boolean): FloatReason {
  if (isFloatLayer) return 'costs too much agreement';
  if (!isOperator(node, ...observedOperators, 'Split')) return 'no int8 kernel';
  return readsBytes ? 'no int8 kernel for this form' : 'reads the floats of another node';
}

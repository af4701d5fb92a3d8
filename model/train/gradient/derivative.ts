import { UserError } from '../../../shared/failures/user-error.ts';
import { describeNode } from '../../graph/node.ts';
import type { NodeProto } from '../../onnx/onnx_pb.ts';
import type { Emitter } from './emitter.ts';

/** A node to be differentiated. */
export interface BackwardContext {
  readonly node: NodeProto;
  /** Gradient of the loss by the node's first output, of its shape. */
  readonly gradient: string;
  readonly emit: Emitter;
  /** Whether the gradient by an input is wanted; what is not wanted need not be computed. */
  needs(input: number): boolean;
}

/** Adds nodes that give the gradient of the loss by each input, of the input's shape; undefined where none is wanted. */
export type Derivative = (differentiated: BackwardContext) => readonly (string | undefined)[];

/** Name of an input of a node. */
export function input(node: NodeProto, index: number): string {
  return node.input[index] ?? '';
}

export function output(node: NodeProto): string {
  return node.output[0] ?? '';
}

/** An operator whose derivative is known in other forms than this node's. */
export function unsupported(node: NodeProto, expected: string): UserError {
  return new UserError(`${describeNode(node)} has no derivative here: expected ${expected}`);
}

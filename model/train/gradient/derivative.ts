import { describeNode } from '../../graph/node.ts';
import type { NodeProto } from '../../onnx/onnx_pb.ts';
import type { Emitter } from './emitter.ts';
import { NoDerivativeError } from './no-derivative-error.ts';

/** A node to differentiate. */
export interface BackwardContext {
  readonly node: NodeProto;
  /** Name of the gradient with respect to the first output, of the shape of the output. */
  readonly gradient: string;
  readonly emit: Emitter;
  /** Whether the gradient with respect to an input is needed. */
  needs(input: number): boolean;
}

/** Adds nodes for the gradient with respect to each input, of the shape of the input; undefined if not needed. */
export type Derivative = (context: BackwardContext) => readonly (string | undefined)[];

/** Name of an input of a node; '' if absent. */
export function input(node: NodeProto, index: number): string {
  return node.input[index] ?? '';
}

export function output(node: NodeProto): string {
  return node.output[0] ?? '';
}

export const twoAxes = 'images with two spatial axes are required';

/** The error for a node whose operator is supported only in other forms. */
export function unsupported(node: NodeProto, requirement: string): NoDerivativeError {
  return new NoDerivativeError(`${describeNode(node)} has no derivative in this form: ${requirement}`);
}

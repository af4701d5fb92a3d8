import { UserError } from '../../../shared/failures/user-error.ts';

/** A layer or an operation of the model, for error messages: `layer conv1 (Conv2D)`. */
export interface Step {
  /** `layer` or `operation`. */
  readonly unit: 'layer' | 'operation';
  readonly name: string;
  readonly kind: string;
}

export function describeStep({ unit, name, kind }: Step): string {
  return `${unit} ${name} (${kind})`;
}

/** @param problem continues "layer conv1 (Conv2D)" */
export function unsupported(step: Step, problem: string): UserError {
  return new UserError(`${describeStep(step)} ${problem}`);
}

/** The kind of the step is not known at all. */
export function notConverted(step: Step): UserError {
  return unsupported(step, 'is not supported: convert the model that this one was made from to ONNX, and import that');
}

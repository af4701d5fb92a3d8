import type { Operand } from '../network/arithmetic.ts';
import type { Feature, Weight } from '../network/feature.ts';
import type { NetworkWriter } from '../network/network-writer.ts';
import { type Step, unsupported } from '../network/unsupported.ts';
import type { Attributes } from './attributes.ts';

/** What an operation gives: a value of each image, a constant, or sizes that follow from shapes, with −1 for the batch. */
export type Value =
  | { readonly kind: 'computed'; readonly feature: Feature; readonly isInteger: boolean }
  | { readonly kind: 'constant'; readonly weight: Weight }
  | { readonly kind: 'sizes'; readonly sizes: readonly number[] };

export type OperationConverter = (context: OperationContext) => Value;

export function computed(feature: Feature, isInteger = false): Value {
  return { kind: 'computed', feature, isInteger };
}

/** An operation with its inputs. The getters throw a `UserError` that names the operation. */
export class OperationContext {
  readonly writer: NetworkWriter;
  readonly step: Step;
  readonly attributes: Attributes;
  readonly values: readonly Value[];

  constructor(writer: NetworkWriter, step: Step, attributes: Attributes, values: readonly Value[]) {
    this.writer = writer;
    this.step = step;
    this.attributes = attributes;
    this.values = values;
  }

  value(index: number): Value {
    const value = this.values.at(index);
    if (value === undefined) throw unsupported(this.step, `has no input ${index}`);
    return value;
  }

  /** An input that depends on the image. ONNX would compute with fractions where TensorFlow.js rounds integers. */
  feature(index = 0): Feature {
    const value = this.anyFeature(index);
    if (!value.isInteger) return value.feature;
    throw unsupported(this.step, 'computes with integers, which TensorFlow.js rounds: cast the image to float first');
  }

  /** An input that depends on the image, also one of integers. */
  anyFeature(index = 0): Extract<Value, { kind: 'computed' }> {
    const value = this.value(index);
    if (value.kind === 'computed') return value;
    throw unsupported(this.step, `has a constant as input ${index}: fold constants before the conversion`);
  }

  constant(index: number): Weight {
    const value = this.value(index);
    if (value.kind === 'constant') return value.weight;
    throw unsupported(this.step, `has a computed input ${index}: only constants are supported there`);
  }

  operand(index: number): Operand {
    const value = this.value(index);
    return value.kind === 'computed' ? this.feature(index) : this.constant(index);
  }

  /** A constant of integers, or sizes. */
  integers(index: number): readonly number[] {
    const value = this.value(index);
    return value.kind === 'sizes' ? value.sizes : Array.from(this.constant(index).data);
  }
}

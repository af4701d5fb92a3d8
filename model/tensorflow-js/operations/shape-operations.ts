import { elementCount } from '../../onnx/tensor.ts';
import { concatenate } from '../network/concatenate.ts';
import type { Feature, Weight } from '../network/feature.ts';
import { pad } from '../network/pad.ts';
import { reshape } from '../network/reshape.ts';
import { unsupported } from '../network/unsupported.ts';
import { type DataType, dataTypeOf } from './data-type.ts';
import { computed, type OperationContext, type OperationConverter, type Value } from './operation.ts';

const identity: OperationConverter = (context) => context.value(0);

/** Constants are rounded. Integers of an image are float in ONNX, and sizes are numbers. */
const cast: OperationConverter = (context) => {
  const { attributes, step } = context;
  const type = attributes.type('DstT') ?? 'DT_FLOAT';
  const dataType = dataTypeOf(type);
  const value = context.value(0);
  if (dataType === undefined) throw unsupported(step, `casts to ${type}`);
  if (value.kind === 'constant') {
    const { shape, data } = value.weight;
    return { kind: 'constant', weight: { name: step.name, shape, data: castNumbers(data, dataType) } };
  }
  if (value.kind === 'sizes' || dataType === 'float32') {
    return value.kind === 'computed' ? computed(value.feature) : value;
  }
  if (dataType === 'int32' && value.isInteger) return value;
  throw unsupported(step, `rounds an image to ${type}`);
};

/** As TensorFlow.js: integers towards 0, and any number but 0 is true. */
function castNumbers(data: Weight['data'], type: DataType): Weight['data'] {
  if (type === 'float32') return Float32Array.from(data);
  return type === 'int32' ? Int32Array.from(data) : Int32Array.from(data, (value) => (value === 0 ? 0 : 1));
}

/** An axis counted from the start. */
function fromStart(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** @throws {UserError} if the first size is not the batch: −1, 1, or the size that Shape gives */
function perImage(context: OperationContext, input: Feature, shape: readonly number[]): Feature {
  const [batch, ...sizes] = shape;
  const isBatch = batch === -1 || batch === 1;
  if (!isBatch || sizes.length === 0) {
    throw unsupported(context.step, `gives the shape [${shape.join(', ')}], which mixes the images of a batch`);
  }
  return reshape(context.writer, input, context.step, sizes);
}

const reshaping: OperationConverter = (context) => {
  const { feature, isInteger } = context.anyFeature();
  return computed(perImage(context, feature, context.integers(1)), isInteger);
};

/** Removes the axes of size 1 that are named, or all but the batch. */
const squeeze: OperationConverter = (context) => {
  const { attributes, step } = context;
  const { feature: input, isInteger } = context.anyFeature();
  const shape = [-1, ...input.shape];
  const stated = attributes.integers('squeeze_dims') ?? attributes.integers('axis') ?? [];
  const axes = stated.map((axis) => fromStart(axis, shape.length));
  if (axes.some((axis) => shape[axis] !== 1))
    throw unsupported(step, `removes the axes ${axes.join(', ')} of [${shape.join(', ')}]`);
  const keeps = (size: number, axis: number) => (axes.length === 0 ? axis === 0 || size !== 1 : !axes.includes(axis));
  return computed(perImage(context, input, shape.filter(keeps)), isInteger);
};

const expandDims: OperationConverter = (context) => {
  const [stated] = context.integers(1);
  const value = context.value(0);
  if (value.kind === 'sizes') return value;
  const { feature: input, isInteger } = context.anyFeature();
  const axis = fromStart(stated ?? 0, input.shape.length + 2);
  if (axis < 1) throw unsupported(context.step, 'adds an axis before the batch');
  return computed(perImage(context, input, [-1, ...input.shape].toSpliced(axis, 0, 1)), isInteger);
};

/** The shape of a value, as sizes. */
const shapeOf: OperationConverter = (context) => ({
  kind: 'sizes',
  sizes: [-1, ...context.anyFeature().feature.shape],
});

/** Part of the sizes of a shape. */
const stridedSlice: OperationConverter = (context) => {
  const { attributes, step } = context;
  const sizes = context.integers(0);
  const mask = (name: string) => (attributes.integer(name, 0) & 1) === 1;
  const [begin = 0, end = sizes.length, stride = 1] = [1, 2, 3].map((index) => context.integers(index)[0]);
  if (context.value(0).kind !== 'sizes' || stride !== 1 || mask('ellipsis_mask') || mask('new_axis_mask')) {
    throw unsupported(step, 'is supported only for a part of a shape');
  }
  const start = mask('begin_mask') ? 0 : fromStart(begin, sizes.length);
  const stop = mask('end_mask') ? sizes.length : fromStart(end, sizes.length);
  return { kind: 'sizes', sizes: mask('shrink_axis_mask') ? sizes.slice(start, start + 1) : sizes.slice(start, stop) };
};

/** The product of sizes without the batch. */
const product: OperationConverter = (context) => {
  const sizes = context.integers(0);
  if (sizes.includes(-1)) throw unsupported(context.step, 'multiplies the size of the batch');
  return { kind: 'sizes', sizes: [elementCount(sizes)] };
};

function joinedSizes(context: OperationContext, values: readonly Value[]): Value {
  return { kind: 'sizes', sizes: values.flatMap((_, index) => context.integers(index)) };
}

const pack: OperationConverter = (context) => joinedSizes(context, context.values);

/** Inputs: the values, then the axis. */
const concat: OperationConverter = (context) => {
  const { values, writer, step } = context;
  const parts = values.slice(0, -1);
  if (parts.every(({ kind }) => kind !== 'computed')) return joinedSizes(context, parts);
  const [axis = 0] = context.integers(-1);
  return computed(
    concatenate(
      writer,
      parts.map((_, index) => context.feature(index)),
      step,
      axis,
    ),
  );
};

/** Inputs: the value, before and after for each axis, and, in PadV2, the constant. */
const padding: OperationConverter = (context) => {
  const { writer, step, values } = context;
  const [before = 0, after = 0, top = 0, bottom = 0, left = 0, right = 0, first = 0, last = 0] = context.integers(1);
  if ([before, after, first, last].some((size) => size !== 0))
    throw unsupported(step, 'pads the batch or the channels');
  const value = values.length > 2 ? (context.constant(2).data[0] ?? 0) : 0;
  return computed(pad(writer, context.feature(), step, { margins: [top, left, bottom, right], value }));
};

export const shapeOperations: Readonly<Record<string, OperationConverter>> = {
  Identity: identity,
  StopGradient: identity,
  PreventGradient: identity,
  Snapshot: identity,
  Cast: cast,
  Reshape: reshaping,
  Squeeze: squeeze,
  ExpandDims: expandDims,
  Shape: shapeOf,
  StridedSlice: stridedSlice,
  Prod: product,
  Pack: pack,
  ConcatV2: concat,
  Pad: padding,
  PadV2: padding,
};

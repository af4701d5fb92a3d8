import { intsAttribute, stringAttribute } from '../../graph/attribute.ts';
import type { AttributeProto } from '../../onnx/onnx_pb.ts';
import type { Plane } from './feature.ts';
import { type Step, unsupported } from './unsupported.ts';

export type Pair = readonly [height: number, width: number];

/** Pixels added at the top, left, bottom and right. */
export type Margins = readonly [top: number, left: number, bottom: number, right: number];

/** `same`: as many outputs as strides fit into the input, the odd pixel of padding at the bottom and right. */
export type Padding = 'same' | 'valid' | { readonly margins: Margins };

/** A sliding window. */
export interface Window {
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly padding: Padding;
}

/**
 * `padding` as `auto_pad` instead of `pads`, for a pool after a Pad: the runtime joins a Pad with a pool that states its pads, and
 * then refuses one as large as the window.
 */
export function autoPadded({ attributes }: WindowOutput, padding: Padding): AttributeProto[] {
  if (padding !== 'same' && padding !== 'valid') return [...attributes];
  const rule = stringAttribute('auto_pad', padding === 'same' ? 'SAME_UPPER' : 'VALID');
  return [...attributes.filter(({ name }) => name !== 'pads'), rule];
}

export interface WindowOutput {
  readonly height: number;
  readonly width: number;
  /** `kernel_shape`, `strides`, `dilations` and explicit `pads`. */
  readonly attributes: readonly AttributeProto[];
}

/**
 * The size of a layer's output and its ONNX attributes. Padding is explicit, since ONNX and TensorFlow name `same` alike but
 * ONNX deprecates it.
 * @throws {UserError} if the window is larger than the image, or has strides and dilations: TensorFlow.js refuses them
 */
export function windowOutput(plane: Plane, { kernel, strides, dilations, padding }: Window, step: Step): WindowOutput {
  if (strides.some((size) => size > 1) && dilations.some((size) => size > 1)) {
    const both = `strides of ${strides.join('×')} and dilations of ${dilations.join('×')}`;
    throw unsupported(step, `has ${both}: TensorFlow.js refuses both in one convolution`);
  }
  const axes = [plane.height, plane.width].map((size, axis) => {
    const stride = strides[axis] ?? 1;
    const extent = ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
    const [before, after] = marginsOf({ padding, axis, size, stride, extent });
    return { before, after, size: Math.floor((size + before + after - extent) / stride) + 1 };
  });
  const [vertical, horizontal] = axes;
  if (vertical === undefined || horizontal === undefined || vertical.size < 1 || horizontal.size < 1) {
    const input = `${plane.height}×${plane.width}`;
    throw unsupported(step, `has a window of ${kernel.join('×')}, larger than its input of ${input}`);
  }
  const pads = [vertical.before, horizontal.before, vertical.after, horizontal.after];
  return {
    height: vertical.size,
    width: horizontal.size,
    attributes: [
      intsAttribute('kernel_shape', kernel),
      intsAttribute('strides', strides),
      ...(dilations.some((size) => size !== 1) ? [intsAttribute('dilations', dilations)] : []),
      ...(pads.some((size) => size !== 0) ? [intsAttribute('pads', pads)] : []),
    ],
  };
}

interface Axis {
  readonly padding: Padding;
  readonly axis: number;
  readonly size: number;
  readonly stride: number;
  /** Size of the dilated kernel. */
  readonly extent: number;
}

function marginsOf({ padding, axis, size, stride, extent }: Axis): [before: number, after: number] {
  if (padding === 'valid') return [0, 0];
  if (padding !== 'same') return [padding.margins[axis] ?? 0, padding.margins[axis + 2] ?? 0];
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + extent - size, 0);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

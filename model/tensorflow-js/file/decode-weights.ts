import { UserError } from '../../../shared/failures/user-error.ts';
import { elementCount } from '../../onnx/tensor.ts';
import type { Weight } from '../network/feature.ts';
import type { WeightSpec } from './model-json.ts';

const stored = {
  float32: 4,
  int32: 4,
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
} as const;
type Stored = keyof typeof stored;

/**
 * The size of a stored weight.
 * @throws {UserError} if its type is not supported
 */
export function storedBytes(spec: WeightSpec): number {
  return elementCount(spec.shape) * stored[storedType(spec)];
}

/**
 * Decodes a weight: float32, int32 and bool as they are, and float32 or int32 from uint8 and uint16 (min + scale × number)
 * or from float16.
 * @param bytes `storedBytes(spec)` of them, little-endian
 * @throws {UserError} if the type is not supported
 */
export function decodeWeight(spec: WeightSpec, bytes: Uint8Array): Weight {
  const { name, shape, quantization } = spec;
  const type = storedType(spec);
  // A copy is aligned.
  const { buffer } = Uint8Array.from(bytes);
  if (quantization == null) {
    const data =
      type === 'float32'
        ? new Float32Array(buffer)
        : type === 'int32'
          ? new Int32Array(buffer)
          : Int32Array.from(bytes);
    return { name, shape, data };
  }
  if (type === 'float16') return { name, shape, data: Float32Array.from(new Float16Array(buffer)) };
  const { min, scale } = quantization;
  if (min === undefined || scale === undefined) {
    throw new UserError(`the weight ${name} is quantized without min and scale: convert the model again`);
  }
  const numbers = type === 'uint8' ? new Uint8Array(buffer) : new Uint16Array(buffer);
  const data = spec.dtype === 'int32' ? new Int32Array(numbers.length) : new Float32Array(numbers.length);
  for (let index = 0; index < data.length; index += 1) {
    // In double precision and rounded once, as TensorFlow.js does.
    const value = (numbers[index] ?? 0) * scale + min;
    data[index] = spec.dtype === 'int32' ? Math.round(value) : value;
  }
  return { name, shape, data };
}

function storedType({ name, dtype, quantization }: WeightSpec): Stored {
  const isDecoded = dtype === 'float32' || (dtype === 'int32' && quantization?.dtype !== 'float16');
  if (quantization != null) {
    const type = quantization.dtype;
    if (isDecoded && (type === 'uint8' || type === 'uint16' || type === 'float16')) return type;
    throw new UserError(
      `the weight ${name} is ${dtype} stored as ${type}: only uint8, uint16 and float16 are supported`,
    );
  }
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new UserError(`the weight ${name} is ${dtype}: only float32, int32 and bool are supported`);
}

import { Tensor } from 'onnxruntime-node';
import { elementType, elementTypeName } from '../onnx/element-type.ts';
import type { TensorProto } from '../onnx/onnx_pb.ts';
import { elementCount, makeTensor } from '../onnx/tensor.ts';

/** Number of the element type (see `elementType`) of a tensor of the runtime; undefined where it is not read here. */
export function elementTypeOf({ type }: Tensor): number | undefined {
  if (type === 'float32') return elementType.float;
  if (type === 'float64') return elementType.double;
  return Object.entries(elementType).find(([name]) => name === type)?.[1];
}

/** A tensor of the runtime as a tensor message; undefined for texts and for float16. */
export function toTensorProto(name: string, tensor: Tensor): TensorProto | undefined {
  const { data, dims, type } = tensor;
  const dataType = elementTypeOf(tensor);
  if (dataType === undefined || dataType === elementType.float16) return undefined;
  if (!ArrayBuffer.isView(data) || data instanceof Uint8ClampedArray || data instanceof DataView) return undefined;
  if (!isNumbers(data)) return undefined;
  const made = makeTensor(name, dims, data);
  return type === 'bool' ? { ...made, dataType: elementType.bool } : made;
}

/** A tensor of zeros to feed the runtime with; undefined for an element type that is not made here. */
export function zeroTensor(dataType: number, shape: readonly number[]): Tensor | undefined {
  const count = elementCount(shape);
  switch (elementTypeName(dataType)) {
    case 'float':
      return new Tensor('float32', new Float32Array(count), shape);
    case 'uint8':
      return new Tensor('uint8', new Uint8Array(count), shape);
    default:
      return undefined;
  }
}

type Numbers = Parameters<typeof makeTensor>[2];

function isNumbers(data: ArrayBufferView): data is Numbers {
  return [
    ...[Float32Array, Float64Array, Uint8Array, Int8Array, Uint16Array, Int16Array],
    ...[Int32Array, Uint32Array, BigInt64Array, BigUint64Array],
  ].some((kind) => data instanceof kind);
}

import { Tensor } from 'onnxruntime-node';
import { elementType, elementTypeName } from '../onnx/element-type.ts';
import type { TensorProto } from '../onnx/onnx_pb.ts';
import { elementCount, makeTensor } from '../onnx/tensor.ts';

/** Element type (see `elementType`) of a runtime tensor; undefined if it is not supported. */
export function elementTypeOf({ type }: Tensor): number | undefined {
  if (type === 'float32') return elementType.float;
  if (type === 'float64') return elementType.double;
  return Object.entries(elementType).find(([name]) => name === type)?.[1];
}

/** Converts a runtime tensor to a tensor message; undefined for strings and float16. */
export function toTensorProto(name: string, tensor: Tensor): TensorProto | undefined {
  const { data, dims, type } = tensor;
  const dataType = elementTypeOf(tensor);
  if (dataType === undefined || dataType === elementType.float16) return undefined;
  if (!ArrayBuffer.isView(data) || data instanceof Uint8ClampedArray || data instanceof DataView) return undefined;
  if (!isNumbers(data)) return undefined;
  const proto = makeTensor(name, dims, data);
  return type === 'bool' ? { ...proto, dataType: elementType.bool } : proto;
}

/** A runtime tensor of zeros; undefined for element types other than float and uint8. */
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

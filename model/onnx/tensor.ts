import { create } from '@bufbuild/protobuf';
import { UserError } from '../../shared/failures/user-error.ts';
import { elementType, elementTypeName } from './element-type.ts';
import { type TensorProto, TensorProtoSchema } from './onnx_pb.ts';

/** Elements of a tensor, row-major, one typed array per element type. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/**
 * A tensor whose elements are stored as little-endian `raw_data`.
 * @param shape with `data.length` elements; empty for a scalar
 */
export function makeTensor(name: string, shape: readonly number[], data: TensorData): TensorProto {
  const count = elementCount(shape);
  if (count !== data.length) {
    throw new RangeError(`tensor ${name}: shape [${shape.join(', ')}] holds ${count} elements, got ${data.length}`);
  }
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: typeOf(data),
    // A copy, so that later changes to the caller's array do not affect the tensor.
    rawData: Uint8Array.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  });
}

export function tensorShape(tensor: TensorProto): number[] {
  return tensor.dims.map(Number);
}

/** Number of elements of a shape; 1 for the empty shape of a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * Bytes that the elements of a tensor need.
 * @throws {UserError} if the element type is not supported
 */
export function tensorBytes(tensor: TensorProto): number {
  return elementCount(tensorShape(tensor)) * bytesPerElement(tensor);
}

/**
 * The elements of a tensor as a new typed array, from `raw_data` or, if that is empty, from the typed field. Following
 * the IR specification, narrow integers are read from `int32_data` and `uint32` from `uint64_data`.
 * @throws {UserError} if the element type is not supported, or the number of elements does not match the shape
 */
export function tensorData(tensor: TensorProto): TensorData {
  const data = tensor.rawData.length > 0 ? fromRaw(tensor) : fromTyped(tensor);
  const expected = elementCount(tensorShape(tensor));
  if (data.length !== expected) {
    const shape = `[${tensor.dims.join(', ')}]`;
    throw new UserError(`tensor ${tensor.name}: expected ${expected} elements for shape ${shape}, got ${data.length}`);
  }
  return data;
}

/** @throws {UserError} if the elements are not float */
export function floatData(tensor: TensorProto): Float32Array {
  const data = tensorData(tensor);
  if (!(data instanceof Float32Array)) throw wrongType(tensor, 'float');
  return data;
}

/** @throws {UserError} if the elements are not int64, or one is too large for an exact number */
export function integerData(tensor: TensorProto): number[] {
  const data = tensorData(tensor);
  if (!(data instanceof BigInt64Array)) throw wrongType(tensor, 'int64');
  return Array.from(data, (value) => {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw new UserError(`tensor ${tensor.name}: ${value} is larger than 2^53`);
    return number;
  });
}

function wrongType(tensor: TensorProto, expected: string): UserError {
  return new UserError(`tensor ${tensor.name}: expected ${expected} elements, got ${elementTypeName(tensor.dataType)}`);
}

function fromRaw(tensor: TensorProto): TensorData {
  const { rawData, dataType, name } = tensor;
  const width = bytesPerElement(tensor);
  if (rawData.length % width !== 0) {
    throw new UserError(
      `tensor ${name}: ${rawData.length} bytes are not a whole number of ${elementTypeName(dataType)} elements`,
    );
  }
  // A copy is aligned; a view into the file may start at an odd address.
  const { buffer } = Uint8Array.from(rawData);
  switch (dataType) {
    case elementType.float:
      return new Float32Array(buffer);
    case elementType.double:
      return new Float64Array(buffer);
    case elementType.uint8:
    case elementType.bool:
      return new Uint8Array(buffer);
    case elementType.int8:
      return new Int8Array(buffer);
    case elementType.uint16:
    case elementType.float16:
      return new Uint16Array(buffer);
    case elementType.int16:
      return new Int16Array(buffer);
    case elementType.int32:
      return new Int32Array(buffer);
    case elementType.uint32:
      return new Uint32Array(buffer);
    case elementType.int64:
      return new BigInt64Array(buffer);
    case elementType.uint64:
      return new BigUint64Array(buffer);
    default:
      throw unreadable(tensor);
  }
}

function fromTyped(tensor: TensorProto): TensorData {
  const { dataType, floatData, int32Data, int64Data, doubleData, uint64Data } = tensor;
  switch (dataType) {
    case elementType.float:
      return Float32Array.from(floatData);
    case elementType.double:
      return Float64Array.from(doubleData);
    case elementType.uint8:
    case elementType.bool:
      return Uint8Array.from(int32Data);
    case elementType.int8:
      return Int8Array.from(int32Data);
    case elementType.uint16:
    case elementType.float16:
      return Uint16Array.from(int32Data);
    case elementType.int16:
      return Int16Array.from(int32Data);
    case elementType.int32:
      return Int32Array.from(int32Data);
    case elementType.uint32:
      return Uint32Array.from(uint64Data, Number);
    case elementType.int64:
      return BigInt64Array.from(int64Data);
    case elementType.uint64:
      return BigUint64Array.from(uint64Data);
    default:
      throw unreadable(tensor);
  }
}

function bytesPerElement(tensor: TensorProto): number {
  switch (tensor.dataType) {
    case elementType.uint8:
    case elementType.int8:
    case elementType.bool:
      return 1;
    case elementType.uint16:
    case elementType.int16:
    case elementType.float16:
      return 2;
    case elementType.float:
    case elementType.int32:
    case elementType.uint32:
      return 4;
    case elementType.double:
    case elementType.int64:
    case elementType.uint64:
      return 8;
    default:
      throw unreadable(tensor);
  }
}

function typeOf(data: TensorData): number {
  if (data instanceof Float32Array) return elementType.float;
  if (data instanceof Float64Array) return elementType.double;
  if (data instanceof Uint8Array) return elementType.uint8;
  if (data instanceof Int8Array) return elementType.int8;
  if (data instanceof Uint16Array) return elementType.uint16;
  if (data instanceof Int16Array) return elementType.int16;
  if (data instanceof Int32Array) return elementType.int32;
  if (data instanceof Uint32Array) return elementType.uint32;
  if (data instanceof BigInt64Array) return elementType.int64;
  return elementType.uint64;
}

function unreadable(tensor: TensorProto): UserError {
  return new UserError(`tensor ${tensor.name}: element type ${elementTypeName(tensor.dataType)} is not supported`);
}

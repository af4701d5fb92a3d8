import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { elementType } from '../../../model/onnx/element-type.ts';
import { TensorProtoSchema } from '../../../model/onnx/onnx_pb.ts';
import { floatData, integerData, makeTensor, tensorData, tensorShape } from '../../../model/onnx/tensor.ts';

describe('tensors', () => {
  it.each([
    ['float', Float32Array.of(0.5, -2), { floatData: [0.5, -2] }],
    ['double', Float64Array.of(0.1, -2), { doubleData: [0.1, -2] }],
    ['uint8', Uint8Array.of(0, 255), { int32Data: [0, 255] }],
    ['int8', Int8Array.of(-128, 127), { int32Data: [-128, 127] }],
    ['uint16', Uint16Array.of(0, 65535), { int32Data: [0, 65535] }],
    ['int16', Int16Array.of(-32768, 1), { int32Data: [-32768, 1] }],
    ['int32', Int32Array.of(-1, 1), { int32Data: [-1, 1] }],
    ['uint32', Uint32Array.of(0, 4294967295), { uint64Data: [0n, 4294967295n] }],
    ['int64', BigInt64Array.of(-1n, 1n), { int64Data: [-1n, 1n] }],
    ['uint64', BigUint64Array.of(0n, 1n), { uint64Data: [0n, 1n] }],
  ] as const)('have the same elements in raw and typed fields: %s', (type, data, typed) => {
    const raw = makeTensor('t', [2], data);
    const fields = Object.fromEntries(Object.entries(typed).map(([name, values]) => [name, [...values]]));
    const fromFields = create(TensorProtoSchema, { name: 't', dims: [2n], dataType: elementType[type], ...fields });
    expect(raw.dataType).toBe(elementType[type]);
    expect(tensorData(raw)).toEqual(data);
    expect(tensorData(fromFields)).toEqual(data);
  });

  it('are read from bytes at an odd address', () => {
    const bytes = new Uint8Array(new ArrayBuffer(9), 1);
    bytes.set(new Uint8Array(Float32Array.of(1.5, -3).buffer));
    const tensor = create(TensorProtoSchema, { dims: [2n], dataType: elementType.float, rawData: bytes });
    expect(floatData(tensor)).toEqual(Float32Array.of(1.5, -3));
  });

  it('do not change with the array they were made from', () => {
    const data = Float32Array.of(1, 2);
    const tensor = makeTensor('t', [2], data);
    data[0] = 9;
    expect(floatData(tensor)).toEqual(Float32Array.of(1, 2));
  });

  it('have one element if the shape is empty', () => {
    const scalar = makeTensor('t', [], Float32Array.of(3));
    expect(tensorShape(scalar)).toEqual([]);
    expect(floatData(scalar)).toEqual(Float32Array.of(3));
  });

  it('are rejected if the shape does not match the number of elements', () => {
    expect(() => makeTensor('t', [3], Float32Array.of(1))).toThrow('tensor t: shape [3] holds 3 elements, got 1');
    const tensor = create(TensorProtoSchema, { name: 't', dims: [3n], dataType: elementType.float, floatData: [1] });
    expect(() => tensorData(tensor)).toThrow('tensor t: expected 3 elements for shape [3], got 1');
  });

  it('are rejected with half an element', () => {
    const rawData = new Uint8Array(6);
    const tensor = create(TensorProtoSchema, { name: 't', dims: [1n], dataType: elementType.float, rawData });
    expect(() => tensorData(tensor)).toThrow('tensor t: 6 bytes are not a whole number of float elements');
  });

  it('are rejected if another type is expected', () => {
    expect(() => floatData(makeTensor('t', [1], BigInt64Array.of(1n)))).toThrow('expected float elements, got int64');
    expect(() => integerData(makeTensor('t', [1], Float32Array.of(1)))).toThrow('expected int64 elements, got float');
    const text = create(TensorProtoSchema, { name: 't', dataType: elementType.string });
    expect(() => tensorData(text)).toThrow('tensor t: element type string is not supported');
  });
});

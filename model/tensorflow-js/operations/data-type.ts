/** A type that TensorFlow.js computes with: half and double are float32, all integers are int32. */
export type DataType = 'float32' | 'int32' | 'bool';

/** By the names and the numbers of TensorFlow. */
const dataTypes: Readonly<Record<string, DataType>> = {
  DT_FLOAT: 'float32',
  1: 'float32',
  DT_DOUBLE: 'float32',
  2: 'float32',
  DT_HALF: 'float32',
  19: 'float32',
  DT_INT32: 'int32',
  3: 'int32',
  DT_UINT8: 'int32',
  4: 'int32',
  DT_INT8: 'int32',
  6: 'int32',
  DT_INT64: 'int32',
  9: 'int32',
  DT_BOOL: 'bool',
  10: 'bool',
};

/** @returns undefined if TensorFlow.js has no such type */
export function dataTypeOf(name: string): DataType | undefined {
  return Object.hasOwn(dataTypes, name) ? dataTypes[name] : undefined;
}

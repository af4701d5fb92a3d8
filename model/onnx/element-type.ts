/** TensorProto.DataType of the IR specification, for the element types that this project supports. */
export const elementType = {
  float: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  double: 11,
  uint32: 12,
  uint64: 13,
} as const;

export type ElementTypeName = keyof typeof elementType;

/** Name of an element type, or `type <n>` for an unsupported one. */
export function elementTypeName(type: number): string {
  const entry = Object.entries(elementType).find(([, value]) => value === type);
  return entry === undefined ? `type ${type}` : entry[0];
}

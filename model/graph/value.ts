import { create } from '@bufbuild/protobuf';
import { UserError } from '../../shared/failures/user-error.ts';
import { type ElementTypeName, elementType } from '../onnx/element-type.ts';
import { type ValueInfoProto, ValueInfoProtoSchema } from '../onnx/onnx_pb.ts';

/** One axis: a fixed size, or the name of a dynamic one (empty if the model does not name it). */
export type Dimension = number | string;

export interface TensorType {
  /** Element type, see `elementType`. */
  readonly dataType: number;
  /** Undefined if the model does not state the rank. */
  readonly shape: readonly Dimension[] | undefined;
}

/** An input or output of a graph. */
export function makeValue(name: string, dataType: ElementTypeName, shape: readonly Dimension[]): ValueInfoProto {
  return create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: 'tensorType',
        value: { elemType: elementType[dataType], shape: { dim: shape.map(toDimension) } },
      },
    },
  });
}

/** @throws {UserError} if the value is not a tensor */
export function tensorType(value: ValueInfoProto): TensorType {
  const type = value.type?.value;
  if (type?.case !== 'tensorType') throw new UserError(`the value ${value.name} is not a tensor`);
  const shape = type.value.shape?.dim.map(({ value: size }) => {
    if (size.case === 'dimValue') return Number(size.value);
    return size.case === 'dimParam' ? size.value : '';
  });
  return { dataType: type.value.elemType, shape };
}

function toDimension(size: Dimension) {
  return typeof size === 'number'
    ? { value: { case: 'dimValue' as const, value: BigInt(size) } }
    : { value: { case: 'dimParam' as const, value: size } };
}

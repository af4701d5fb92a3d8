import { create } from '@bufbuild/protobuf';
import { attributeType } from '../../model/graph/attribute.ts';
import { type AttributeProto, AttributeProtoSchema } from '../../model/onnx/onnx_pb.ts';

export function floatsAttribute(name: string, values: readonly number[]): AttributeProto {
  return create(AttributeProtoSchema, { name, type: attributeType.floats, floats: [...values] });
}

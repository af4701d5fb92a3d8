import { create } from '@bufbuild/protobuf';
import { elementType } from '../onnx/element-type.ts';
import { type TensorProto, TensorProtoSchema } from '../onnx/onnx_pb.ts';
import { floatData } from '../onnx/tensor.ts';

/** A float tensor rounded to half precision; one of another element type as it is. */
export function toHalfTensor(tensor: TensorProto): TensorProto {
  if (tensor.dataType !== elementType.float) return tensor;
  const halves = new Float16Array(floatData(tensor));
  return create(TensorProtoSchema, {
    name: tensor.name,
    dims: tensor.dims,
    dataType: elementType.float16,
    rawData: new Uint8Array(halves.buffer),
  });
}

import { create } from '@bufbuild/protobuf';
import { elementType } from '../onnx/element-type.ts';
import { type TensorProto, TensorProtoSchema } from '../onnx/onnx_pb.ts';
import { floatData } from '../onnx/tensor.ts';

/** Rounds a float tensor to half precision; returns tensors of other element types unchanged. */
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

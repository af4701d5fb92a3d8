import type { TensorProto } from '../../onnx/onnx_pb.ts';
import { tensorData } from '../../onnx/tensor.ts';

/** The integers of an int64 constant; undefined without a constant. */
export function int64Data(tensor: TensorProto | undefined): number[] | undefined {
  if (tensor === undefined) return undefined;
  const data = tensorData(tensor);
  return data instanceof BigInt64Array ? Array.from(data, Number) : undefined;
}

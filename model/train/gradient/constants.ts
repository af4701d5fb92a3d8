import type { TensorProto } from '../../onnx/onnx_pb.ts';
import { tensorData } from '../../onnx/tensor.ts';

/** Whole numbers of a constant; undefined where there is no constant. */
export function int64Data(tensor: TensorProto | undefined): number[] | undefined {
  if (tensor === undefined) return undefined;
  const data = tensorData(tensor);
  return data instanceof BigInt64Array ? Array.from(data, Number) : undefined;
}

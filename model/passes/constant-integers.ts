import type { Graph } from '../graph/graph.ts';
import { elementType } from '../onnx/element-type.ts';
import { tensorData } from '../onnx/tensor.ts';

/** The values of an int32 or int64 initializer, such as axes, indices, pads or sizes; undefined for any other value. */
export function constantIntegers({ initializers }: Graph, name: string | undefined): number[] | undefined {
  const tensor = initializers.get(name ?? '');
  if (tensor === undefined) return undefined;
  if (tensor.dataType !== elementType.int64 && tensor.dataType !== elementType.int32) return undefined;
  return Array.from<number | bigint, number>(tensorData(tensor), Number);
}

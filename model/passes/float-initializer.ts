import type { Graph } from '../graph/graph.ts';
import { elementType } from '../onnx/element-type.ts';
import type { TensorProto } from '../onnx/onnx_pb.ts';

/** A float initializer that callers cannot override, since it is not also an input of the graph. */
export function floatInitializer({ initializers, inputs }: Graph, name: string): TensorProto | undefined {
  const tensor = initializers.get(name);
  if (tensor === undefined || tensor.dataType !== elementType.float) return undefined;
  return inputs.some((input) => input.name === name) ? undefined : tensor;
}

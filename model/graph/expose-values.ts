import { create } from '@bufbuild/protobuf';
import { elementType } from '../onnx/element-type.ts';
import { ValueInfoProtoSchema } from '../onnx/onnx_pb.ts';
import type { Graph } from './graph.ts';

/** Adds intermediate float values to the graph's outputs. Their shapes are left to the runtime to infer. */
export function exposeValues(graph: Graph, names: readonly string[]): Graph {
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const exposed = names
    .filter((name) => !outputs.has(name))
    .map((name) =>
      create(ValueInfoProtoSchema, {
        name,
        type: { value: { case: 'tensorType', value: { elemType: elementType.float } } },
      }),
    );
  return { ...graph, outputs: [...graph.outputs, ...exposed] };
}

import { create } from '@bufbuild/protobuf';
import { elementType } from '../onnx/element-type.ts';
import { ValueInfoProtoSchema } from '../onnx/onnx_pb.ts';
import type { Graph } from './graph.ts';

/** The graph with more outputs: float values in between, of a shape that the runtime finds out. */
export function exposeValues(graph: Graph, names: readonly string[]): Graph {
  const already = new Set(graph.outputs.map(({ name }) => name));
  const exposed = names
    .filter((name) => !already.has(name))
    .map((name) =>
      create(ValueInfoProtoSchema, {
        name,
        type: { value: { case: 'tensorType', value: { elemType: elementType.float } } },
      }),
    );
  return { ...graph, outputs: [...graph.outputs, ...exposed] };
}

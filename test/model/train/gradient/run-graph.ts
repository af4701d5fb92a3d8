import { create } from '@bufbuild/protobuf';
import { InferenceSession, type Tensor } from 'onnxruntime-node';
import { type Graph, modelOf } from '../../../../model/graph/graph.ts';
import { encodeModel } from '../../../../model/onnx/model-file.ts';
import { ValueInfoProtoSchema } from '../../../../model/onnx/onnx_pb.ts';

export type Feeds = Readonly<Record<string, Tensor>>;

/** Computes values of a graph with onnxruntime, which infers their types. */
export async function runGraph(
  graph: Graph,
  names: Iterable<string>,
  feeds: Feeds,
): Promise<InferenceSession.OnnxValueMapType> {
  const outputs = Array.from(new Set(names), (name) => create(ValueInfoProtoSchema, { name }));
  const session = await InferenceSession.create(encodeModel(modelOf({ ...graph, outputs })), {
    executionProviders: ['cpu'],
    logSeverityLevel: 4,
  });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** Runs a graph to get the shape of every input, weight and value. */
export async function shapesOf(graph: Graph, feeds: Feeds): Promise<Map<string, readonly number[]>> {
  const names = graph.nodes.flatMap(({ output }) => output).filter((name) => name !== '');
  const results = await runGraph(graph, names, feeds);
  const known = [...Object.entries(feeds), ...Object.entries(results)].map(([name, { dims }]) => [name, dims] as const);
  const constants = Array.from(graph.initializers, ([name, { dims }]) => [name, dims.map(Number)] as const);
  return new Map([...known, ...constants]);
}

/** @throws {Error} when the value is missing or not float */
export function floatsOf(results: InferenceSession.OnnxValueMapType, name: string): Float32Array {
  const data = results[name]?.data;
  if (data instanceof Float32Array) return data;
  throw new Error(`${name} is not float`);
}

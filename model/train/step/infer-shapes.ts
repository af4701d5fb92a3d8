import { create } from '@bufbuild/protobuf';
import { InferenceSession, type Tensor } from 'onnxruntime-node';
import { firstIssue } from '../../../shared/failures/first-issue.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { type Graph, modelOf } from '../../graph/graph.ts';
import { tensorType } from '../../graph/value.ts';
import { encodeModel } from '../../onnx/model-file.ts';
import { ValueInfoProtoSchema } from '../../onnx/onnx_pb.ts';
import { tensorShape } from '../../onnx/tensor.ts';
import { zeroTensor } from '../../passes/runtime-tensor.ts';
import type { Shape } from '../gradient/emitter.ts';

/**
 * Infers the shape of every value for a batch of images by running the graph on one and on two black images. That is right
 * for every operator, and shows which axes grow with the batch.
 * @throws {UserError} when the graph does not run
 */
export async function inferShapes(graph: Graph, batch: number): Promise<Map<string, Shape>> {
  const [one, two] = [await shapesAt(graph, 1), await shapesAt(graph, 2)];
  const shapes = new Map<string, Shape>();
  for (const [name, shape] of one) {
    const doubled = two.get(name) ?? shape;
    shapes.set(
      name,
      shape.map((size, axis) => size + ((doubled[axis] ?? size) - size) * (batch - 1)),
    );
  }
  return shapes;
}

async function shapesAt(graph: Graph, batch: number): Promise<Map<string, Shape>> {
  const shapes = new Map<string, Shape>();
  const feeds: Record<string, Tensor> = {};
  for (const input of graph.inputs) {
    const { dataType, shape = [] } = tensorType(input);
    const fixed = shape.map((size) => (typeof size === 'number' ? size : batch));
    const black = zeroTensor(dataType, fixed);
    if (black === undefined)
      throw new UserError(`the network cannot be trained: its input ${input.name} has an unsupported type`);
    feeds[input.name] = black;
    shapes.set(input.name, fixed);
  }
  for (const [name, tensor] of graph.initializers) shapes.set(name, tensorShape(tensor));
  const already = new Set(graph.outputs.map(({ name }) => name));
  const names = graph.nodes.flatMap(({ output }) => output).filter((name) => name !== '' && !already.has(name));
  const outputs = [...graph.outputs, ...names.map((name) => create(ValueInfoProtoSchema, { name }))];
  const bytes = encodeModel(modelOf({ ...graph, outputs, valueInfo: [] }));
  for (const [name, value] of Object.entries(await run(bytes, feeds))) shapes.set(name, value.dims);
  return shapes;
}

async function run(network: Uint8Array, feeds: Record<string, Tensor>): Promise<InferenceSession.OnnxValueMapType> {
  let session: InferenceSession | undefined;
  try {
    session = await InferenceSession.create(network, {
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'disabled',
      logSeverityLevel: 4,
    });
    return await session.run(feeds);
  } catch (cause) {
    throw new UserError(`onnxruntime cannot run the network: ${firstIssue(cause)}`, { cause });
  } finally {
    await session?.release();
  }
}

import { InferenceSession, Tensor } from 'onnxruntime-node';
import { emptyGraph, type Graph, modelOf } from '../../../../model/graph/graph.ts';
import { makeNode } from '../../../../model/graph/node.ts';
import { makeValue } from '../../../../model/graph/value.ts';
import { encodeModel } from '../../../../model/onnx/model-file.ts';
import type { NodeProto } from '../../../../model/onnx/onnx_pb.ts';
import { differentiate } from '../../../../model/train/gradient/differentiate.ts';
import { staticShapes } from '../../../../model/train/step/static-shapes.ts';
import type { Array64 } from './reference/array.ts';

/** The gradient of the sum of `y` by the only input. */
export async function gradientOf(
  nodes: readonly NodeProto[],
  input: Readonly<Record<string, Array64>>,
): Promise<Float32Array> {
  const [[name, { shape, data }] = ['', { shape: [], data: new Float64Array() }]] = Object.entries(input);
  const source: Graph = {
    ...emptyGraph('case', { irVersion: 8, opset: 17 }),
    inputs: [makeValue(name, 'float', shape)],
    outputs: [makeValue('loss', 'float', [])],
    nodes: [...nodes, makeNode('ReduceSum', ['y'], ['sum']), makeNode('Squeeze', ['sum'], ['loss'])],
  };
  const { graph, gradients } = differentiate(source, await staticShapes(source, 1), 'loss', [name]);
  const wanted = gradients.get(name) ?? '';
  const session = await InferenceSession.create(
    encodeModel(modelOf({ ...graph, outputs: [makeValue(wanted, 'float', shape)] })),
  );
  try {
    const results = await session.run({ [name]: new Tensor('float32', Float32Array.from(data), shape) });
    const found = results[wanted]?.data;
    if (found instanceof Float32Array) return found;
    throw new Error(`expected floats of ${wanted}`);
  } finally {
    await session.release();
  }
}

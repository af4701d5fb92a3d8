import { Tensor } from 'onnxruntime-node';
import { emptyGraph, type Graph } from '../../../../model/graph/graph.ts';
import { makeNode } from '../../../../model/graph/node.ts';
import { makeValue } from '../../../../model/graph/value.ts';
import type { NodeProto } from '../../../../model/onnx/onnx_pb.ts';
import { differentiate } from '../../../../model/train/gradient/differentiate.ts';
import type { Array64 } from './reference/array.ts';
import { floatsOf, runGraph, shapesOf } from './run-graph.ts';

/** The gradient of Σ c · y with respect to `x`, computed by the runtime. @param nodes from `x` to `y` */
export async function gradientOf(nodes: readonly NodeProto[], x: Array64, cotangent: Array64): Promise<Float32Array> {
  const source: Graph = {
    ...emptyGraph('case', { irVersion: 8, opset: 17 }),
    inputs: [makeValue('x', 'float', x.shape), makeValue('c', 'float', cotangent.shape)],
    nodes: [
      ...nodes,
      makeNode('Mul', ['y', 'c'], ['cy']),
      makeNode('ReduceSum', ['cy'], ['sum']),
      makeNode('Squeeze', ['sum'], ['loss']),
    ],
  };
  const feeds = Object.fromEntries(
    Object.entries({ x, c: cotangent }).map(([name, { shape, data }]) => [
      name,
      new Tensor('float32', Float32Array.from(data), shape),
    ]),
  );
  const { graph, gradients } = differentiate(source, await shapesOf(source, feeds), 'loss', ['x']);
  const gradient = gradients.get('x') ?? '';
  return floatsOf(await runGraph(graph, [gradient], feeds), gradient);
}

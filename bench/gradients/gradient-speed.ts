import { InferenceSession, Tensor } from 'onnxruntime-node';
import { emptyGraph, type Graph, modelOf } from '../../model/graph/graph.ts';
import { makeValue } from '../../model/graph/value.ts';
import { encodeModel } from '../../model/onnx/model-file.ts';
import type { Shape } from '../../model/train/gradient/emitter.ts';
import { seededRandom } from '../../shared/random/seeded-random.ts';
import { median } from '../machine.ts';

export type Shapes = Readonly<Record<string, Shape>>;

/** A graph without nodes that has these inputs. */
export function inputsOnly(shapes: Shapes): Graph {
  const inputs = Object.entries(shapes).map(([name, shape]) => makeValue(name, 'float', shape));
  return { ...emptyGraph('bench', { irVersion: 8, opset: 17 }), inputs };
}

/** Median time of a graph on random inputs, milliseconds. */
export async function millisecondsOf(graph: Graph, shapes: Shapes, threads: number): Promise<number> {
  const session = await InferenceSession.create(encodeModel(modelOf(graph)), {
    intraOpNumThreads: threads,
    logSeverityLevel: 3,
  });
  const random = seededRandom(1);
  const feeds = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const count = shape.reduce((product, length) => product * length, 1);
      const data = new Float32Array(count).map(() => random() - 0.5);
      return [name, new Tensor('float32', data, shape)];
    }),
  );
  const times: number[] = [];
  for (let round = 0; round < 12; round += 1) {
    const started = performance.now();
    await session.run(feeds);
    // The first rounds allocate memory.
    if (round >= 3) times.push(performance.now() - started);
  }
  await session.release();
  return median(times);
}

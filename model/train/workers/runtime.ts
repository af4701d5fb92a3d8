import { InferenceSession, Tensor } from 'onnxruntime-node';
import { type Graph, modelOf } from '../../graph/graph.ts';
import { encodeModel } from '../../onnx/model-file.ts';
import type { RateName, VectorName } from '../step/build-update-graph.ts';
import type { Rates, TrainingVectors } from './step-runner.ts';

/** Opens a training graph on the CPU. */
export function openTrainingSession(network: Uint8Array, threads: number): Promise<InferenceSession> {
  return InferenceSession.create(network, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
}

export function openGraph(graph: Graph, threads: number): Promise<InferenceSession> {
  return openTrainingSession(encodeModel(modelOf(graph)), threads);
}

export function vector(data: Float32Array): Tensor {
  return new Tensor('float32', data, [data.length]);
}

export function scalar(value: number): Tensor {
  return new Tensor('float32', Float32Array.of(value), []);
}

/**
 * Two copies of the vectors: a step reads one and writes the other. They are swapped after each step, so that nothing is
 * copied.
 */
export class DoubleBuffer {
  #current: Map<VectorName, Float32Array<ArrayBuffer>>;
  #next: Map<VectorName, Float32Array<ArrayBuffer>>;

  constructor(vectors: TrainingVectors) {
    this.#current = new Map(Array.from(vectors, ([state, data]) => [state, Float32Array.from(data)]));
    this.#next = new Map(Array.from(vectors, ([state, data]) => [state, new Float32Array(data.length)]));
  }

  get current(): TrainingVectors {
    return this.#current;
  }

  feeds(names: readonly RateName[], rates: Rates): Record<string, Tensor> {
    return {
      ...Object.fromEntries(Array.from(this.#current, ([state, data]) => [state, vector(data)])),
      ...Object.fromEntries(names.map((name) => [name, scalar(rates[name])])),
    };
  }

  fetches(): Record<string, Tensor> {
    return Object.fromEntries(Array.from(this.#next, ([state, data]) => [`next_${state}`, vector(data)]));
  }

  swap(): void {
    [this.#current, this.#next] = [this.#next, this.#current];
  }

  read(): TrainingVectors {
    return new Map(Array.from(this.#current, ([state, data]) => [state, Float32Array.from(data)]));
  }
}

import { extname } from 'node:path';
import { RuntimeThread } from '../../../shared/inference/runtime-thread.ts';
import type { Batch } from '../samples/take-batch.ts';
import type { Sampling } from '../step/add-sampling.ts';
import type { GradientHandlers } from './gradient-thread.ts';

/** A thread that computes gradients, one batch at a time, at the weights that all threads share. */
export class GradientWorker {
  readonly #thread = new RuntimeThread<GradientHandlers>(
    new URL(`./gradient-thread${extname(import.meta.url)}`, import.meta.url),
  );
  /** Results of the last batch. */
  readonly gradient: Float32Array<SharedArrayBuffer>;
  readonly statistics: Float32Array<SharedArrayBuffer>;

  constructor(lengths: { weights: number; statistics: number }) {
    this.gradient = sharedFloats(lengths.weights);
    this.statistics = sharedFloats(lengths.statistics);
  }

  open(network: Uint8Array, sampling: Sampling, weights: SharedArrayBuffer): Promise<void> {
    const [gradient, statistics] = [this.gradient.buffer, this.statistics.buffer];
    return this.#thread.request('open', { network, sampling, weights, gradient, statistics });
  }

  compute(batch: Batch): Promise<{ loss: number; correct: number }> {
    return this.#thread.request('compute', batch);
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}

export function sharedFloats(length: number): Float32Array<SharedArrayBuffer> {
  return new Float32Array(new SharedArrayBuffer(4 * length));
}

import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { NetworkError } from '../../../shared/inference/network-error.ts';
import type { Batch } from '../samples/take-batch.ts';
import type { Sampling } from '../step/add-sampling.ts';
import type { GradientReply, GradientRequest } from './gradient-thread.ts';

// On Linux the runtime would report its use to its makers, in threads that take their environment from here.
process.env['ORT_DISABLE_TELEMETRY'] ??= '1';

/** A thread that computes gradients, one batch after another, at the weights that all threads share. */
export class GradientWorker {
  readonly #worker = new Worker(new URL(`./gradient-thread${extname(import.meta.url)}`, import.meta.url));
  /** What it found last. */
  readonly gradient: Float32Array<SharedArrayBuffer>;
  readonly statistics: Float32Array<SharedArrayBuffer>;
  #done: Promise<unknown> = Promise.resolve();

  constructor(lengths: { weights: number; statistics: number }) {
    this.gradient = sharedFloats(lengths.weights);
    this.statistics = sharedFloats(lengths.statistics);
  }

  async open(network: Uint8Array, sampling: Sampling, weights: SharedArrayBuffer): Promise<void> {
    const copy = Uint8Array.from(network);
    const [gradient, statistics] = [this.gradient.buffer, this.statistics.buffer];
    await this.#ask({ network: copy, sampling, weights, gradient, statistics });
  }

  /** Computes the gradient on a batch, which is handed over. */
  async compute(batch: Batch): Promise<{ loss: number; correct: number }> {
    const reply = await this.#ask(batch);
    if ('loss' in reply) return reply;
    throw new Error('expected a training thread to answer a batch');
  }

  /** Ends the thread once it is done with what it does: torn down while it computes, the runtime aborts the process. */
  async close(): Promise<void> {
    await this.#done;
    await this.#worker.terminate();
  }

  async #ask(message: GradientRequest): Promise<Exclude<GradientReply, { error: string }>> {
    const answered: Promise<GradientReply> = once(this.#worker, 'message').then(([reply]) => reply);
    this.#done = answered.catch(() => {});
    this.#worker.postMessage(message);
    const reply = await answered;
    if ('error' in reply) throw new NetworkError(reply.error);
    return reply;
  }
}

export function sharedFloats(length: number): Float32Array<SharedArrayBuffer> {
  return new Float32Array(new SharedArrayBuffer(4 * length));
}

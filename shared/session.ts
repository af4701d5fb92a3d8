import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Batch } from './batch.ts';
import type { Model } from './model-directory.ts';
import type { LoadRequest, SessionReply } from './session-thread.ts';

/** What the network says of a batch. */
export interface Scores {
  /** batch × labels, each row summing to 1. */
  readonly probabilities: Float32Array;
  /** batch × embedding size. */
  readonly embeddings: Float32Array;
}

/** A loaded network. */
export interface Session {
  /** Execution provider that computes: `cpu`, ... */
  readonly provider: string;
  /** Batches that are computed at the same time; more of them wait. */
  readonly parallel: number;
  /**
   * Runs one batch; its pixels are handed over and must not be used afterwards.
   * @returns scores of `batch.size` rows, the padding dropped
   */
  run(batch: Batch): Promise<Scores>;
  close(): Promise<void>;
}

interface Pending {
  readonly size: number;
  resolve(scores: Scores): void;
  reject(error: unknown): void;
}

/**
 * Loads a model into `threads` threads, each with a runtime of its own that computes on one core.
 *
 * The runtime's `run` blocks the thread that calls it, so it may not be the one that receives and stores; and one
 * single-threaded runtime per core loses less to waiting than one runtime over all cores when the cores also decode
 * images, because no core waits at a barrier for another that was taken away.
 *
 * @throws when the runtime refuses the network, with its message
 */
export async function openSession(model: Model, threads: number): Promise<Session> {
  const lanes = await Promise.all(Array.from({ length: threads }, () => openLane(model)));
  const idle = [...lanes];
  const waiting: ((lane: Lane) => void)[] = [];
  const acquire = () => {
    const lane = idle.pop();
    return lane ? Promise.resolve(lane) : new Promise<Lane>((resolve) => waiting.push(resolve));
  };
  const release = (lane: Lane) => {
    const next = waiting.shift();
    if (next) next(lane);
    else idle.push(lane);
  };
  return {
    provider: 'cpu',
    parallel: threads,
    async run(batch) {
      const lane = await acquire();
      return lane.run(batch).finally(() => release(lane));
    },
    async close() {
      await Promise.all(lanes.map((lane) => lane.close()));
    },
  };
}

interface Lane {
  run(batch: Batch): Promise<Scores>;
  close(): Promise<unknown>;
}

async function openLane({ manifest, network }: Model): Promise<Lane> {
  const worker = new Worker(new URL(`./session-thread${extname(import.meta.url)}`, import.meta.url));
  let pending: Pending | undefined;
  let fault: Error | undefined;
  const fail = (error: Error) => {
    fault = error;
    pending?.reject(error);
    pending = undefined;
  };
  worker.on('error', fail);
  worker.on('exit', () => fail(fault ?? new Error('the session was closed')));
  const request = (message: unknown, transfer: ArrayBuffer[], size: number) =>
    new Promise<Scores>((resolve, reject) => {
      if (fault) return reject(fault);
      pending = { size, resolve, reject };
      worker.postMessage(message, transfer);
    });
  worker.on('message', (reply: SessionReply) => {
    const { resolve, reject, size } = pending ?? { resolve() {}, reject() {}, size: 0 };
    pending = undefined;
    if ('error' in reply) return reject(new Error(reply.error));
    resolve({
      probabilities: reply.probabilities.subarray(0, size * manifest.labels.length),
      embeddings: reply.embeddings.subarray(0, size * manifest.outputs.embeddingSize),
    });
  });
  const copy = Uint8Array.from(network);
  const load: LoadRequest = { network: copy, input: manifest.input.name, outputs: manifest.outputs };
  await request(load, [copy.buffer], 0);
  return {
    run: ({ pixels, shape, size }) => request({ pixels, shape }, [pixels.buffer], size),
    close: () => worker.terminate(),
  };
}

import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Batch } from './batch.ts';
import type { Model } from './model-directory.ts';
import { SessionLost } from './session-lost.ts';
import type { LoadRequest, RunRequest, SessionReply } from './session-thread.ts';

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
   * @throws {SessionLost} when a thread has ended; any other error is about this batch
   */
  run(batch: Batch): Promise<Scores>;
  close(): Promise<void>;
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
  const lanes = Array.from({ length: threads }, () => new Lane(model));
  const close = async () => {
    await Promise.all(lanes.map((lane) => lane.close()));
  };
  try {
    await Promise.all(lanes.map((lane) => lane.load(model)));
  } catch (error) {
    await close();
    throw error;
  }
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
    close,
  };
}

interface Pending {
  resolve(reply: Scores): void;
  reject(error: unknown): void;
}

/** One thread, which does one thing at a time. */
class Lane {
  readonly #worker = new Worker(new URL(`./session-thread${extname(import.meta.url)}`, import.meta.url));
  readonly #labels: number;
  readonly #embeddingSize: number;
  #pending: Pending | undefined;
  #lost: SessionLost | undefined;

  constructor({ manifest }: Model) {
    this.#labels = manifest.labels.length;
    this.#embeddingSize = manifest.outputs.embeddingSize;
    this.#worker.on('error', (cause) => this.#lose(new SessionLost(`an inference thread failed: ${cause}`, { cause })));
    this.#worker.on('exit', () => this.#lose(new SessionLost('the session was closed')));
    this.#worker.on('message', (reply: SessionReply) => this.#settle(reply));
  }

  async load({ manifest, network }: Model): Promise<void> {
    const copy = Uint8Array.from(network);
    await this.#request({ network: copy, input: manifest.input.name, outputs: manifest.outputs }, copy.buffer);
  }

  async run({ pixels, shape, size }: Batch): Promise<Scores> {
    const { probabilities, embeddings } = await this.#request({ pixels, shape }, pixels.buffer);
    return {
      probabilities: probabilities.subarray(0, size * this.#labels),
      embeddings: embeddings.subarray(0, size * this.#embeddingSize),
    };
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #request(message: LoadRequest | RunRequest, handedOver: ArrayBuffer): Promise<Scores> {
    return new Promise((resolve, reject) => {
      if (this.#lost) return reject(this.#lost);
      this.#pending = { resolve, reject };
      this.#worker.postMessage(message, [handedOver]);
    });
  }

  #settle(reply: SessionReply): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending === undefined) this.#lose(new SessionLost('an inference thread answered what it was not asked'));
    else if ('error' in reply) pending.reject(new Error(reply.error));
    else pending.resolve(reply);
  }

  /** The first reason stays: a thread that fails also exits. */
  #lose(reason: SessionLost): void {
    this.#lost ??= reason;
    this.#pending?.reject(this.#lost);
    this.#pending = undefined;
  }
}

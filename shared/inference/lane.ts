import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Model } from '../models/model-directory.ts';
import type { Provider } from './accelerator/provider.ts';
import type { Share } from './accelerator/shares.ts';
import type { Batch, Scores } from './batch.ts';
import { NetworkError } from './network-error.ts';
import { SessionLost } from './session-lost.ts';
import type { SessionReply, SessionRequest } from './session-thread.ts';

// On Linux the runtime would report its use to its makers, in threads that take their environment from here.
process.env['ORT_DISABLE_TELEMETRY'] ??= '1';

type Reply = Exclude<SessionReply, { error: string }>;

interface Pending {
  resolve(reply: Reply): void;
  reject(error: unknown): void;
}

/** One thread with a network, which does one thing at a time. */
export class Lane {
  readonly #worker = new Worker(new URL(`./session-thread${extname(import.meta.url)}`, import.meta.url));
  readonly #labels: number;
  readonly #embeddingSize: number;
  #pending: Pending | undefined;
  /** Settles with what was last asked. */
  #done: Promise<unknown> = Promise.resolve();
  #lost: SessionLost | undefined;

  constructor({ manifest }: Model) {
    this.#labels = manifest.labels.length;
    this.#embeddingSize = manifest.outputs.embeddingSize;
    this.#worker.on('error', (cause) => this.#lose(new SessionLost(`an inference thread failed: ${cause}`, { cause })));
    this.#worker.on('exit', () => this.#lose(new SessionLost('the session was closed')));
    this.#worker.on('message', (reply: SessionReply) => this.#settle(reply));
  }

  /** @param profileFolder an empty folder to record runs in, for `endProfile` */
  async load({ manifest, network }: Model, provider: Provider, profileFolder?: string): Promise<void> {
    const copy = Uint8Array.from(network);
    const { input, outputs } = manifest;
    await this.#request({ network: copy, input: input.name, outputs, provider, profileFolder }, [copy.buffer]);
  }

  async run({ pixels, shape, size }: Batch): Promise<Scores> {
    const reply = await this.#request({ pixels, shape }, [pixels.buffer]);
    if (!('probabilities' in reply)) throw new Error('an inference thread gave no scores for a batch');
    return {
      probabilities: reply.probabilities.subarray(0, size * this.#labels),
      embeddings: reply.embeddings.subarray(0, size * this.#embeddingSize),
    };
  }

  /** Ends the recording; who ran the last batch. */
  async endProfile(): Promise<readonly Share[]> {
    const reply = await this.#request({ endProfile: true }, []);
    if (!('shares' in reply)) throw new Error('an inference thread gave no profile');
    return reply.shares;
  }

  /** Ends the thread once it is done with what it does: torn down while it computes, the runtime aborts the process. */
  async close(): Promise<void> {
    await this.#done;
    await this.#worker.terminate();
  }

  #request(message: SessionRequest, handedOver: readonly ArrayBuffer[]): Promise<Reply> {
    const reply = new Promise<Reply>((resolve, reject) => {
      if (this.#lost) return reject(this.#lost);
      this.#pending = { resolve, reject };
      this.#worker.postMessage(message, handedOver);
    });
    this.#done = reply.catch(() => {});
    return reply;
  }

  #settle(reply: SessionReply): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending === undefined) this.#lose(new SessionLost('an inference thread answered what it was not asked'));
    else if ('error' in reply) pending.reject(new NetworkError(reply.error));
    else pending.resolve(reply);
  }

  /** The first reason stays: a thread that fails also exits. */
  #lose(reason: SessionLost): void {
    this.#lost ??= reason;
    this.#pending?.reject(this.#lost);
    this.#pending = undefined;
  }
}

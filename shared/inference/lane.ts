import { extname } from 'node:path';
import type { Model } from '../models/model-directory.ts';
import type { Provider } from './accelerator/provider.ts';
import type { Share } from './accelerator/shares.ts';
import type { Batch, Scores } from './batch.ts';
import { RuntimeThread } from './runtime-thread.ts';
import type { SessionHandlers } from './session-thread.ts';

/** A thread with a network. Runs one batch at a time. */
export class Lane {
  readonly #thread = new RuntimeThread<SessionHandlers>(
    new URL(`./session-thread${extname(import.meta.url)}`, import.meta.url),
  );
  readonly #model: Model;

  constructor(model: Model) {
    this.#model = model;
  }

  /** @param profileFolder an empty folder to record runs in, for `endProfile` */
  async load(provider: Provider, profileFolder?: string): Promise<void> {
    const { manifest, network } = this.#model;
    const copy = Uint8Array.from(network);
    const { input, outputs } = manifest;
    await this.#thread.request('load', { network: copy, input: input.name, outputs, provider, profileFolder }, [
      copy.buffer,
    ]);
  }

  async run({ pixels, shape, size }: Batch): Promise<Scores> {
    const { probabilities, embeddings, boxes } = await this.#thread.request('run', { pixels, shape }, [pixels.buffer]);
    const { labels, outputs } = this.#model.manifest;
    return {
      probabilities: probabilities.subarray(0, size * labels.length),
      embeddings: embeddings.subarray(0, size * outputs.embeddingSize),
      ...(boxes === undefined ? {} : { boxes: boxes.subarray(0, size * 4) }),
    };
  }

  /** Ends recording. Returns which providers ran the last batch. */
  endProfile(): Promise<readonly Share[]> {
    return this.#thread.request('endProfile', undefined);
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}

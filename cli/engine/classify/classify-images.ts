import { Semaphore } from 'async-mutex';
import { Failure } from '../../../shared/failures/failure.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { untilAborted } from '../../../shared/flow/until-aborted.ts';
import type { Batch } from '../../../shared/inference/batch.ts';
import type { Session } from '../../../shared/inference/session.ts';
import { SessionLost } from '../../../shared/inference/session-lost.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import type { ResultRow } from '../../../shared/rows/row.ts';
import { openMemoryCrops } from '../run/pipeline-crops.ts';
import { runPipeline } from '../run/run-pipeline.ts';
import { Tally } from '../run/tally.ts';
import type { ImageInput } from './image-input.ts';
import { type ImageOutcome, outcomeOf } from './image-outcome.ts';
import { type ListedImage, sourceOf } from './image-source.ts';
import { leavable } from './leavable.ts';
import { PendingImages } from './pending-images.ts';
import { takeInputs } from './take-inputs.ts';

export type ImageInputs = Iterable<ImageInput | ListedImage> | AsyncIterable<ImageInput | ListedImage>;

export interface ClassifyOptions {
  readonly model: Model;
  /** Opened by the caller for this model; several calls can use it at the same time. It may still be loading. */
  readonly session: Session | Promise<Session>;
  /** Images decoded at the same time. */
  readonly decoders: number;
  /** Maximum crops in a batch. */
  readonly batchSize: number;
  /** Aborted to stop. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Classifies images through the pipeline of `run`, without a store. Each image gives one outcome, as soon as it is known, so
 * the order differs from that of the inputs. An image that cannot be read or decoded is rejected and affects no other image.
 *
 * Images are read only as outcomes are taken: a slow consumer, or one that leaves the loop, stops the reading. Images that were
 * read ahead are then dropped; only batches that are running are finished by the session, and nobody waits for them. When the
 * loop ends, however it ends, all decoders have ended; the session stays open.
 *
 * @param inputs one after another, also without an end
 * @throws the reason of `signal`, an `AbortError` by default; {SessionLost}; after the outcomes of the images before, an error
 * that `inputs` throws, and a {UserError} for an invalid input
 */
export function classifyImages(inputs: ImageInputs, options: ClassifyOptions): AsyncGenerator<ImageOutcome, void> {
  return leavable((left) => outcomesOf(inputs, options, left));
}

async function* outcomesOf(
  inputs: ImageInputs,
  options: ClassifyOptions,
  left: AbortSignal,
): AsyncGenerator<ImageOutcome, void> {
  const { signal } = options;
  if (typeof inputs === 'string') throw new UserError(`give a list of images: [${JSON.stringify(inputs)}]`);
  signal?.throwIfAborted();
  const stop = new AbortController();
  const outcomes = new Outcomes();
  const halt = () => {
    stop.abort();
    outcomes.end();
  };
  signal?.addEventListener('abort', halt, { once: true });
  left.addEventListener('abort', halt, { once: true });
  const images = new PendingImages();
  const room = new Semaphore(maxAhead(options));
  let fault: { readonly error: unknown } | undefined;
  const onFault = (error: unknown) => {
    fault = { error };
  };
  const work = runPipeline({
    uploads: (until) => uploadsOf(inputs, { images, room, onFault }, until),
    objects: images,
    openCrops: openMemoryCrops,
    outputs: [],
    requestedPrefix: '',
    results: { append: async (rows) => outcomes.add(rows, images) },
    ...{ model: options.model, session: sessionUntil(stop.signal, options.session) },
    ...{ decoders: options.decoders, batchSize: options.batchSize },
    tally: new Tally(),
    partAgeMs: 0,
    stop: stop.signal,
  }).finally(() => outcomes.end());
  work.catch(() => {}); // awaited below
  try {
    for await (const outcome of outcomes.taken()) {
      signal?.throwIfAborted();
      if (left.aborted) return;
      yield outcome;
      room.release();
    }
    signal?.throwIfAborted();
    if (left.aborted) return;
    await work;
    if (outcomes.count !== images.count) {
      throw new Failure('internal', `${images.count} images gave ${outcomes.count} outcomes`);
    }
    if (fault !== undefined) throw fault.error;
  } finally {
    signal?.removeEventListener('abort', halt);
    stop.abort();
    room.cancel();
    images.cancel();
    await work.catch(() => {}); // thrown above, or the loop was left and does not need the error
  }
}

/** A session whose batches fail once the signal is aborted, so that the pipeline ends without the batches it has gathered. */
async function sessionUntil(stop: AbortSignal, loading: Session | Promise<Session>): Promise<Session> {
  const session = await loading;
  const ended = () => new SessionLost('the outcomes are not needed any more');
  const run = async (batch: Batch) => {
    if (stop.aborted) throw ended();
    return untilAborted(session.run(batch), stop, ended);
  };
  return { ...session, run };
}

/** Images read before their outcomes are taken: enough for each lane to have a batch that runs and one that fills. */
function maxAhead({ decoders, batchSize }: ClassifyOptions): number {
  return Math.max(64, 4 * decoders * batchSize);
}

interface Taking {
  readonly images: PendingImages;
  readonly room: Semaphore;
  /** Called with an error of the inputs, which ends them: images that were taken before get their outcomes. */
  readonly onFault: (error: unknown) => void;
}

/** Each input as an upload, once there is room for it. */
async function* uploadsOf(inputs: ImageInputs, { images, room, onFault }: Taking, stop: AbortSignal) {
  try {
    const taken = takeInputs<ImageInput | ListedImage>(inputs, { stop, ready: () => room.acquire() });
    for await (const input of taken) yield images.add(await sourceOf(input));
  } catch (error) {
    if (!stop.aborted) onFault(error);
  }
}

/** Outcomes that wait to be taken. */
class Outcomes {
  readonly #waiting: ImageOutcome[] = [];
  #count = 0;
  #isEnded = false;
  #changed = Promise.withResolvers<void>();

  /** Outcomes added so far. */
  get count(): number {
    return this.#count;
  }

  add(rows: readonly ResultRow[], images: PendingImages): void {
    for (const row of rows) {
      const source = images.remove(row.key);
      if (source === undefined || row.status === 'deleted') continue;
      this.#count += 1;
      this.#waiting.push(outcomeOf(row, source.name));
    }
    this.#change();
  }

  end(): void {
    this.#isEnded = true;
    this.#change();
  }

  async *taken(): AsyncGenerator<ImageOutcome> {
    for (;;) {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) yield next;
      if (this.#isEnded) return;
      await this.#changed.promise;
    }
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

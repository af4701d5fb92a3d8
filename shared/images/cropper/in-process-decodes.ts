import type { DecodeMemory } from '../decode/decode-memory.ts';
import { abortFailure } from './abort-failure.ts';
import { type DecodeJob, type DecodePorts, type DecodeResult, runDecodeJob } from './decode-job.ts';

/** Decoding took too long. It goes on, because nothing can end it in this process. */
export class LeftBehind extends Error {
  override readonly name = 'LeftBehind';
}

/** Decodes in this process: without a copy, but what takes too long can only be left behind. */
export class InProcessDecodes {
  readonly #left = new Set<Promise<unknown>>();

  /** Whether an image that was left behind still occupies a thread. */
  get hasLeft(): boolean {
    return this.#left.size > 0;
  }

  /**
   * Decodes one image. One that is left behind no longer counts in the memory budget: others would wait until it ends.
   * @param ports.seconds of decoding after which it is left behind; waiting for memory and finding regions do not count
   * @param ports.signal aborted to leave it behind
   * @throws {LeftBehind} after that time; {Failure} as `runDecodeJob` does, or `timeout` when the signal is aborted
   */
  run(
    bytes: Uint8Array,
    job: DecodeJob,
    { memory, seconds, signal, find, ...ports }: DecodePorts & { seconds: number; signal: AbortSignal | undefined },
  ): Promise<DecodeResult> {
    return new Promise((resolve, reject) => {
      let isLeft = signal?.aborted ?? false;
      let running: Promise<unknown> | undefined;
      const leave = (reason: Error) => {
        isLeft = true;
        if (running) this.#add(running);
        reject(reason);
        left.reject(reason);
      };
      const left = Promise.withResolvers<never>();
      left.promise.catch(() => {}); // it rejects after the last hold too
      let timer: NodeJS.Timeout | undefined;
      const startTimer = () => {
        timer = setTimeout(() => leave(new LeftBehind()), seconds * 1000);
      };
      const timed = async <T>(work: () => Promise<T>): Promise<T> => {
        if (isLeft) throw new LeftBehind();
        startTimer();
        const decoding = work();
        running = decoding;
        void decoding
          .catch(() => {})
          .finally(() => {
            running = undefined;
            clearTimeout(timer);
          });
        return Promise.race([decoding, left.promise]);
      };
      const limited: DecodeMemory = {
        bytes: memory.bytes,
        hold: (needed, work) => memory.hold(needed, () => timed(work)),
        alone: (work) => memory.alone(() => timed(work)),
      };
      // Regions are found in another thread, for which images wait, and in a time that depends on no file.
      const untimed: typeof find =
        find &&
        (async (search) => {
          clearTimeout(timer);
          return find(search).finally(() => running && startTimer());
        });
      const stop = () => leave(abortFailure(signal?.reason));
      if (signal?.aborted) return stop();
      signal?.addEventListener('abort', stop, { once: true });
      void runDecodeJob(bytes, job, { ...ports, find: untimed, memory: limited })
        .then(resolve, reject)
        .finally(() => signal?.removeEventListener('abort', stop));
    });
  }

  #add(running: Promise<unknown>): void {
    this.#left.add(running);
    const remove = () => this.#left.delete(running);
    running.then(remove, remove);
  }
}

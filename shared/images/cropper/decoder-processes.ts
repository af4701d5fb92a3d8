import { Failure } from '../../failures/failure.ts';
import type { DecodeMemory } from '../decode/decode-memory.ts';
import { abortFailure } from './abort-failure.ts';
import type { DecodeResult } from './decode-job.ts';
import { DecoderProcess, type IsolatedJob } from './decoder-process.ts';

/** A process that has had no image for this long is ended, milliseconds. */
const idleMs = 10_000;

/** Decoder processes: started when they are needed, used again, and ended when they are idle. */
export class DecoderProcesses {
  readonly #idle = new Map<DecoderProcess, NodeJS.Timeout>();
  readonly #busy = new Set<DecoderProcess>();
  #isClosed = false;

  /**
   * Decodes one image in a process that no other image uses meanwhile.
   * @param signal aborted to end the process
   * @throws as `DecoderProcess.run` does
   */
  async run(
    bytes: Uint8Array,
    request: IsolatedJob,
    { memory, signal }: { readonly memory: DecodeMemory; readonly signal?: AbortSignal | undefined },
  ): Promise<DecodeResult> {
    if (this.#isClosed) throw new Failure('timeout', 'decoding has been stopped');
    if (signal?.aborted) throw abortFailure(signal.reason);
    const decoder = this.#takeIdle() ?? new DecoderProcess();
    this.#busy.add(decoder);
    const stop = () => decoder.end();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      return await decoder.run(bytes, request, memory);
    } finally {
      signal?.removeEventListener('abort', stop);
      this.#busy.delete(decoder);
      if (decoder.canTakeJobs) this.#keep(decoder);
    }
  }

  /** Ends all processes; images in progress fail. */
  close(): void {
    this.#isClosed = true;
    for (const timer of this.#idle.values()) clearTimeout(timer);
    for (const decoder of [...this.#idle.keys(), ...this.#busy]) decoder.end();
    this.#idle.clear();
  }

  /** The one that was used last: others become idle and end. */
  #takeIdle(): DecoderProcess | undefined {
    for (const [decoder, timer] of [...this.#idle].toReversed()) {
      clearTimeout(timer);
      this.#idle.delete(decoder);
      if (decoder.canTakeJobs) return decoder;
    }
    return undefined;
  }

  #keep(decoder: DecoderProcess): void {
    const timer = setTimeout(() => {
      this.#idle.delete(decoder);
      decoder.end();
    }, idleMs);
    this.#idle.set(decoder, timer.unref());
  }
}

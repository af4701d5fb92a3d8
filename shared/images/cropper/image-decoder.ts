import { Failure } from '../../failures/failure.ts';
import { releaseMemory } from '../../flow/release-memory.ts';
import { untilAborted } from '../../flow/until-aborted.ts';
import { compressedTextBytes } from '../decode/compressed-text.ts';
import { type DecodeMemory, unboundedMemory } from '../decode/decode-memory.ts';
import type { DecodePool } from '../decode/decode-pool.ts';
import type { DecodeLimits, IdentifiedImage } from '../decode/identify.ts';
import { structureParts } from '../decode/structure-parts.ts';
import type { RegionFinder } from '../preprocess/crop-image.ts';
import { abortFailure } from './abort-failure.ts';
import type { DecodeJob, DecodeResult } from './decode-job.ts';
import { DecoderCrash } from './decoder-process.ts';
import { DecoderProcesses } from './decoder-processes.ts';
import { InProcessDecodes, LeftBehind } from './in-process-decodes.ts';

export interface DecodeOptions {
  /**
   * Whether an earlier attempt to process this image did not end well: it may crash, stall or fill the process that decodes
   * it, so it is decoded in another process. @default false
   */
  readonly isSuspect?: boolean;
  /** Whether the caller no longer reads the file once it is decoded, so that its memory is freed. @default false */
  readonly isLastUse?: boolean;
  /** Aborted to stop decoding this image. */
  readonly signal?: AbortSignal;
}

export interface DecoderInput {
  readonly limits: DecodeLimits;
  /** Cores and memory, which decoders may share. */
  readonly pool: Pick<DecodePool, 'decode' | 'isolate' | 'memory'>;
  /** The most time of a core for one image. @default 10 */
  readonly processorSeconds?: number;
  /** Finds the regions of images that are decoded in this process. @default in this thread */
  readonly find?: RegionFinder;
}

/** Decodes images, each within limits of time and memory. */
export interface ImageDecoder {
  /**
   * Decodes one image; waits for a core and for memory. An ordinary image is decoded in this process. An image is decoded in
   * another process, which is ended when it exceeds a limit, if its header is costly or predicts a long time, if it is a suspect, or while
   * an image that took too long in this process still occupies a thread.
   * @throws {Failure} as `runDecodeJob` does; `too_slow` or `too_many_pixels` if decoding takes more time or memory than the
   *   limit; `corrupt` if it crashes the decoder; `timeout` when the signal is aborted, or the signal's reason if that is a
   *   Failure
   */
  decode(bytes: Uint8Array, job: DecodeJob, options?: DecodeOptions): Promise<DecodeResult>;
  /** Ends the processes that decode; their images fail. Images in this process are decoded to their end. */
  close(): Promise<void>;
}

const defaultProcessorSeconds = 10;
/** An image that is expected to take longer, seconds of a core, is decoded in another process: that costs about 5 ms. */
const maxInProcessSeconds = 0.5;

/** An image that takes at least this many times the limit is not tried: processors differ. */
const hopeless = 2;
/** Bytes of compressed text that a header may hold in this process. */
const maxTextBytes = 2 ** 16;
/** Chunks or boxes that a file may have in this process: reading them occupies its only thread. */
const maxParts = 2 ** 16;

/** The image is too costly to decode where it cannot be ended. */
class Costly extends Error {
  override readonly name = 'Costly';
}

export function openImageDecoder({
  limits,
  pool,
  processorSeconds = defaultProcessorSeconds,
  find,
}: DecoderInput): ImageDecoder {
  const inProcess = new InProcessDecodes();
  const processes = new DecoderProcesses();
  const accept = ({ decodeTime, width, height, format }: IdentifiedImage) => {
    if (decodeTime.least > processorSeconds * hopeless) {
      const image = `${width}×${height} pixels of ${format}`;
      throw new Failure(
        'too_slow',
        `its scans of ${image} take more than ${processorSeconds} s of a core: save it again`,
      );
    }
    if (decodeTime.expected > maxInProcessSeconds) throw new Costly();
  };

  async function inThisProcess(bytes: Uint8Array, job: DecodeJob, signal?: AbortSignal) {
    const seconds = processorSeconds;
    return pool
      .decode(() => inProcess.run(bytes, job, { limits, memory: pool.memory, accept, find, seconds, signal }))
      .catch((error: unknown) => {
        if (error instanceof Costly || error instanceof LeftBehind) return undefined;
        throw error;
      });
  }

  async function isolated(bytes: Uint8Array, job: DecodeJob, signal?: AbortSignal): Promise<DecodeResult> {
    const request = { job, limits, memoryBytes: pool.memory.bytes, processorSeconds };
    const run = (memory: DecodeMemory) => processes.run(bytes, request, { memory, signal });
    return pool.isolate(async () => {
      if (signal?.aborted) throw abortFailure(signal.reason);
      try {
        return await run(pool.memory);
      } catch (error) {
        if (!(error instanceof DecoderCrash)) throw error;
        return pool.memory.alone(() => run({ ...unboundedMemory, bytes: pool.memory.bytes }));
      }
    });
  }

  const decode = async (
    bytes: Uint8Array,
    job: DecodeJob,
    { isSuspect = false, isLastUse = false, signal }: DecodeOptions,
  ) => {
    const isIsolated = isSuspect || inProcess.hasLeft || hasCostlyHeader(bytes);
    const done = isIsolated ? undefined : await inThisProcess(bytes, job, signal);
    // A file that was left behind, or is sent to another process, is still being read.
    if (done && isLastUse) releaseMemory(bytes);
    return done ?? isolated(bytes, job, signal).catch(crashFailure);
  };
  return {
    decode: (bytes, job, options = {}) => untilAborted(decode(bytes, job, options), options.signal, abortFailure),
    async close() {
      processes.close();
    },
  };
}

/** Whether reading the header may take long, or much memory, so that its prediction comes too late. */
function hasCostlyHeader(bytes: Uint8Array): boolean {
  return structureParts(bytes, maxParts) === maxParts || compressedTextBytes(bytes) > maxTextBytes;
}

/** Running out of memory may crash a decoder too, so an image that does has been decoded twice, the second time alone. */
function crashFailure(error: unknown): never {
  if (error instanceof DecoderCrash) throw new Failure('corrupt', error.message, { cause: error });
  throw error;
}

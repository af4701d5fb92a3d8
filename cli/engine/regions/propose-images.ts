import { pMapIterable } from 'p-map';
import { Failure } from '../../../shared/failures/failure.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { untilAborted } from '../../../shared/flow/until-aborted.ts';
import { abortFailure } from '../../../shared/images/cropper/abort-failure.ts';
import { readsPerCore } from '../../../shared/images/decode/decode-pool.ts';
import type { ImageInputs } from '../classify/classify-images.ts';
import type { ImageInput } from '../classify/image-input.ts';
import { type ImageSource, type ListedImage, sourceOf } from '../classify/image-source.ts';
import { leavable } from '../classify/leavable.ts';
import { takeInputs } from '../classify/take-inputs.ts';
import type { RegionsOutcome } from './image-proposals.ts';
import { openImageProposer, type ProposedImage } from './image-proposer.ts';

export interface ProposeImagesOptions {
  /** The most regions of each image. */
  readonly max: number;
  /** Cores to use. */
  readonly threads: number;
  /** Draws the best boxes of each image. @default false */
  readonly draw?: boolean;
  /** Aborted to stop. */
  readonly signal?: AbortSignal | undefined;
}

export type DrawnOutcome = RegionsOutcome & Pick<ProposedImage, 'drawing'>;

/** Images read before their outcomes are taken. */
const minAhead = 32;

/**
 * Proposes regions of images: one outcome for each, in the order of the images. An image that cannot be read or decoded is rejected and
 * affects no other image. Images are read only as outcomes are taken. When the loop ends, however it ends, all threads have ended.
 *
 * @throws the reason of `signal`; after the outcomes of the images before, an error that `inputs` throws, and a {UserError} for an
 *   invalid input
 */
export function proposeImages(inputs: ImageInputs, options: ProposeImagesOptions): AsyncGenerator<DrawnOutcome, void> {
  return leavable((left) => outcomesOf(inputs, options, left));
}

async function* outcomesOf(
  inputs: ImageInputs,
  { max, threads, draw, signal }: ProposeImagesOptions,
  left: AbortSignal,
): AsyncGenerator<DrawnOutcome, void> {
  if (typeof inputs === 'string') throw new UserError(`give a list of images: [${JSON.stringify(inputs)}]`);
  signal?.throwIfAborted();
  const stop = signal ? AbortSignal.any([signal, left]) : left;
  const proposer = openImageProposer(threads);
  const open = new Set<ImageSource>();
  let fault: { readonly error: unknown } | undefined;

  async function* sources(): AsyncGenerator<ImageSource> {
    try {
      for await (const input of takeInputs<ImageInput | ListedImage>(inputs, { stop })) {
        const source = await sourceOf(input);
        open.add(source);
        yield source;
      }
    } catch (error) {
      fault = { error };
    }
  }

  async function outcomeOf(source: ImageSource): Promise<DrawnOutcome> {
    const { name } = source;
    try {
      // A stream may never give its next bytes.
      const image = await untilAborted(proposer.propose(source, { max, draw, signal: stop }), stop, abortFailure);
      return { status: 'proposed', name, ...image };
    } catch (error) {
      stop.throwIfAborted();
      const { reason, message } = Failure.from(error);
      return { status: 'rejected', name, reason, detail: message };
    } finally {
      open.delete(source);
      source.cancel?.();
    }
  }

  const concurrency = threads * readsPerCore;
  const limits = { concurrency, backpressure: Math.max(minAhead, concurrency) };
  try {
    for await (const outcome of pMapIterable(sources(), outcomeOf, limits)) {
      if (stop.aborted) break;
      yield outcome;
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    for (const source of open) source.cancel?.();
    await proposer.close();
  }
  if (left.aborted) return;
  signal?.throwIfAborted();
  if (fault !== undefined) throw fault.error;
}

import { Failure } from '../../../shared/failures/failure.ts';
import { untilAborted } from '../../../shared/flow/until-aborted.ts';
import { abortFailure } from '../../../shared/images/cropper/abort-failure.ts';
import { type DecodeOptions, openImageDecoder } from '../../../shared/images/cropper/image-decoder.ts';
import { decodePool } from '../../../shared/images/decode/decode-pool.ts';
import { openProposer } from '../../../shared/regions/proposer.ts';
import { scaleRegions } from '../../../shared/regions/working-size.ts';
import { localLimits } from '../local-limits.ts';
import { type ReadableImage, readAndDecode } from '../read-and-decode.ts';
import { drawBoxes } from './draw-boxes.ts';
import type { ImageProposals } from './image-proposals.ts';

export interface ProposedImage extends Omit<ImageProposals, 'status' | 'name'> {
  /** A JPEG file with the best boxes, if it was requested. */
  readonly drawing?: Uint8Array;
}

export interface ProposeImageOptions {
  /** The most regions. */
  readonly max: number;
  readonly draw?: boolean | undefined;
  /** Aborted to stop. */
  readonly signal?: AbortSignal;
}

/** Proposes regions of single images. Calls at the same time share cores and memory. */
export interface ImageProposer {
  /** @throws {Failure} if the image cannot be read or decoded; the reason of the signal */
  propose(image: ReadableImage, options: ProposeImageOptions): Promise<ProposedImage>;
  /** Ends the threads and the processes that decode. */
  close(): Promise<void>;
}

/** @param threads cores to use */
export function openImageProposer(threads: number): ImageProposer {
  const pool = decodePool(threads, localLimits);
  const decoder = openImageDecoder({ limits: localLimits, pool });
  const proposer = openProposer({ threads });

  async function proposeFor(bytes: Uint8Array, { max, draw }: ProposeImageOptions, options: DecodeOptions) {
    const reduced = await decoder.decode(bytes, { kind: 'picture' }, options);
    if (reduced.kind !== 'picture') throw new Failure('internal', `expected a picture, got a ${reduced.kind}`);
    const { picture, ...image } = reduced.image;
    const { width, height } = picture;
    const proposed = await untilAborted(proposer.propose(picture, { max }), options.signal, abortFailure);
    const regions = scaleRegions(proposed, { width, height }, image);
    if (!draw) return { ...image, regions };
    const shown = await decoder.decode(bytes, { kind: 'thumbnail', size: 'large' }, options);
    if (shown.kind !== 'thumbnail') throw new Failure('internal', `expected a thumbnail, got a ${shown.kind}`);
    return { ...image, regions, drawing: await drawBoxes(shown.webp, regions, image) };
  }

  return {
    propose: (image, options) =>
      readAndDecode(image, pool, (bytes, decoding) => proposeFor(bytes, options, decoding), options.signal),
    async close() {
      await Promise.all([decoder.close(), proposer.close()]);
    },
  };
}

import type { Preprocess } from '../../models/model-manifest.ts';
import { cutBoxes, type RegionSearch } from '../../regions/find-regions.ts';
import type { Box } from '../../regions/region.ts';
import type { DecodeMemory } from '../decode/decode-memory.ts';
import type { DecodeLimits, IdentifiedImage } from '../decode/identify.ts';
import { type CroppedImage, cropImage, type RegionFinder } from '../preprocess/crop-image.ts';
import { makePicture, type ReducedImage } from '../preprocess/make-picture.ts';
import { makeThumbnail, type ThumbnailSize } from '../preprocess/make-thumbnail.ts';

/** What to make of an image. Plain data: it is also sent to another process. */
export type DecodeJob =
  | {
      readonly kind: 'crop';
      readonly rule: Preprocess;
      /** Cut out instead of proposed regions, without those that are not inside the image. The rule must ask for as many regions. */
      readonly boxes?: readonly Box[];
    }
  | { readonly kind: 'picture' }
  | { readonly kind: 'thumbnail'; readonly size: ThumbnailSize };

/** The crops of an image, the picture in which regions are proposed, or a WebP file. */
export type DecodeResult =
  | { readonly kind: 'crop'; readonly image: CroppedImage }
  | { readonly kind: 'picture'; readonly image: ReducedImage }
  | { readonly kind: 'thumbnail'; readonly webp: Uint8Array };

export interface DecodePorts {
  readonly limits: DecodeLimits;
  readonly memory: DecodeMemory;
  /** Called with the image before its pixels are decoded; may throw to prevent it. */
  readonly accept?: (image: IdentifiedImage) => void;
  /** Finds the regions of an image to crop. @default in this thread */
  readonly find?: RegionFinder | undefined;
}

/** Decodes one image in this process. @throws {Failure} as `cropImage`, `makePicture` and `makeThumbnail` do */
export async function runDecodeJob(
  bytes: Uint8Array,
  job: DecodeJob,
  { limits, memory, accept, find }: DecodePorts,
): Promise<DecodeResult> {
  const { kind } = job;
  if (kind === 'crop') {
    const { rule, boxes } = job;
    const finder = boxes === undefined ? find : async (search: RegionSearch) => cutBoxes(search, boxes);
    return { kind, image: await cropImage(bytes, rule, limits, memory, accept, finder) };
  }
  if (kind === 'picture') return { kind, image: await makePicture(bytes, { limits, memory, accept }) };
  return { kind, webp: await makeThumbnail(bytes, job.size, limits, memory, accept) };
}

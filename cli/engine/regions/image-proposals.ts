import type { ProposedRegion } from '../../../shared/regions/region.ts';
import type { RejectedImage } from '../classify/image-outcome.ts';

/** The regions of an image that may hold an object. */
export interface ImageProposals {
  readonly status: 'proposed';
  /** The path as it was given, the path of a URL, or the given name. */
  readonly name: string;
  /** Pixels, after the EXIF orientation has been applied. */
  readonly width: number;
  readonly height: number;
  /** Of the content, not the name: `jpeg`, `png`, `webp`, … */
  readonly format: string;
  /** Best first, in pixels of the upright image. Without near-duplicates and without the whole image. */
  readonly regions: readonly ProposedRegion[];
}

/** The outcome of one image; `status` tells which kind it is. */
export type RegionsOutcome = ImageProposals | RejectedImage;

import type { Failure } from '../failures/failure.ts';
import type { CropTensor } from '../images/crop-tensor.ts';
import type { ImageVersion } from '../images/image.ts';
import type { ProposedRegion } from '../regions/region.ts';

/** One crop for each region of an image, of the size, scale and zero-point of the image's own `tensor`. */
export interface RegionCrops {
  /** The most promising first. */
  readonly boxes: readonly ProposedRegion[];
  /** The crops in the order of `boxes`, in chunks of whole crops that each fit in a pack. */
  readonly pixels: readonly Uint8Array[];
}

/** The mean-subtracted crops of one image, as sent to the worker that runs the network. */
export interface CropMessage {
  readonly image: ImageVersion;
  readonly job: string;
  /** Pixels of the original image in upright orientation. */
  readonly width: number;
  readonly height: number;
  /** Format of the original image: `jpeg`, `png`, ... */
  readonly format: string;
  /** Size of the original object. */
  readonly bytes: number;
  /** Digest of the preprocessing that made the crops. */
  readonly preprocess: string;
  /** Of the upload event, see `compareSequencers`. */
  readonly sequencer?: string | undefined;
  readonly eventTime: Date;
  readonly ingestedAt: Date;
  readonly tensor: CropTensor;
  /** Present, even if the image has none, where the preprocessing asks for regions. */
  readonly regions?: RegionCrops;
  /** Set on a received message whose pixels could not be read; they are then empty. */
  readonly fault?: Failure;
}

interface Pixels {
  readonly tensor: Pick<CropTensor, 'pixels'>;
  readonly regions?: Pick<RegionCrops, 'pixels'> | undefined;
}

/** The pixels of a message: the crops of the whole image, then those of its regions. */
export function chunksOf({ tensor, regions }: Pixels): readonly Uint8Array[] {
  return [tensor.pixels, ...(regions?.pixels ?? [])];
}

/** Bytes of all pixels of a message. */
export function pixelBytes(message: Pixels): number {
  return chunksOf(message).reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** Crops of a message: of the whole image and of its regions. */
export function cropsIn({ tensor, regions }: CropCounts): number {
  return tensor.count + (regions?.boxes.length ?? 0);
}

interface CropCounts {
  readonly tensor: Pick<CropTensor, 'count'>;
  readonly regions?: Pick<RegionCrops, 'boxes'> | undefined;
}

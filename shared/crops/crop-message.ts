import type { Failure } from '../failures/failure.ts';
import type { ImageVersion } from '../images/image.ts';

/** The mean-subtracted crops of one image on their way to the network. */
export interface CropMessage {
  readonly image: ImageVersion;
  readonly job: string;
  /** Of the upright original, pixels. */
  readonly width: number;
  readonly height: number;
  /** Of the original's content: `jpeg`, `png`, ... */
  readonly format: string;
  /** Of the original object. */
  readonly bytes: number;
  /** Digest of the rule that made the crops. */
  readonly preprocess: string;
  /** Of the event that brought the image, as S3 gives it: orders the events of one key. */
  readonly sequencer?: string | undefined;
  readonly eventTime: Date;
  readonly ingestedAt: Date;
  readonly tensor: QuantisedCrops;
  /** Why the pixels could not be had, of a message that was received; they are then empty. */
  readonly fault?: Failure;
}

/**
 * Crops with their mean subtracted, as an affine-quantised array: value = scale × (pixel − zeroPoint), per channel.
 * With scale 1 and the channel means as zero-point that is crop − mean, exactly, in a quarter of float32's bytes.
 */
export interface QuantisedCrops extends TensorType {
  /** count × height × width × 3 bytes, RGB interleaved. */
  readonly pixels: Uint8Array;
}

/** What the bytes of crops mean. */
export interface TensorType {
  /** Crops of the image: 1, or several whose answers are averaged. */
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly scale: readonly [number, number, number];
  readonly zeroPoint: readonly [number, number, number];
}

/** Bytes of all crops of an image together. */
export function tensorBytes({ count, height, width }: Pick<TensorType, 'count' | 'height' | 'width'>): number {
  return count * height * width * 3;
}

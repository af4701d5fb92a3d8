import type { Failure } from '../failures/failure.ts';
import type { CropTensor } from '../images/crop-tensor.ts';
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
  readonly tensor: CropTensor;
  /** Why the pixels could not be had, of a message that was received; they are then empty. */
  readonly fault?: Failure;
}

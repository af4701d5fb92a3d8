import type { Failure } from '../failures/failure.ts';
import type { CropTensor } from '../images/crop-tensor.ts';
import type { ImageVersion } from '../images/image.ts';

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
  /** Set on a received message whose pixels could not be read; they are then empty. */
  readonly fault?: Failure;
}

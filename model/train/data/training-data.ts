import type { ModelManifest } from '../../../shared/models/model-manifest.ts';
import type { SkippedImage } from '../../finetune/labeled-images.ts';
import type { Labels } from '../../import/labels.ts';
import type { LabeledPixels } from './pixel-store.ts';

/** Labeled images, split for training, validation and test. */
export interface TrainingData {
  /** In the order of the classes. */
  readonly labels: Labels;
  /** Images from which samples are cut. */
  readonly train: LabeledPixels;
  /** Network inputs as in inference, 3 channels; empty without held-out images. */
  readonly validation: LabeledPixels;
  /** Like `validation`. */
  readonly test: LabeledPixels | undefined;
  readonly leftOut: readonly SkippedImage[];
  close(): Promise<void>;
}

export interface DataOptions {
  readonly manifest: Pick<ModelManifest, 'labels' | 'preprocess'>;
  /** Share of held-out images, 0 to 0.5. */
  readonly validationShare: number;
  readonly seed: number;
  /** Folder for the file of decoded images. */
  readonly scratch: string;
  onProgress(done: number, total: number): void;
}

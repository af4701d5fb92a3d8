import type { ModelManifest } from '../../../shared/models/model-manifest.ts';
import type { SkippedImage } from '../../finetune/labeled-images.ts';
import type { Labels } from '../../import/labels.ts';
import type { LabeledPixels } from './pixel-store.ts';

/** Labeled images, apart for each purpose. */
export interface TrainingData {
  /** In the order of the classes. */
  readonly labels: Labels;
  /** Pictures at the size that samples are taken from. */
  readonly train: LabeledPixels;
  /** Crops exactly as they are served, 3 channels; none where nothing was held out. */
  readonly validation: LabeledPixels;
  /** Likewise, of images that training never sees. */
  readonly test: LabeledPixels | undefined;
  readonly leftOut: readonly SkippedImage[];
  close(): Promise<void>;
}

export interface DataOptions {
  readonly manifest: Pick<ModelManifest, 'labels' | 'preprocess'>;
  /** Of the images that are held out, 0 to 0.5. */
  readonly validationShare: number;
  readonly seed: number;
  /** Folder for the file of decoded images. */
  readonly scratch: string;
  onProgress(done: number, total: number): void;
}

import type { TrainingData } from '../data/training-data.ts';
import type { Recipe } from '../recipe.ts';
import type { ImagesPerLabel } from './images-per-label.ts';

/** What a training is going to do, known before its first update. */
export interface TrainingPlan {
  readonly recipe: Recipe;
  readonly images: { readonly train: number; readonly heldOut: number };
  readonly labels: ImagesPerLabel;
  readonly imagesPerUpdate: number;
  readonly updatesPerEpoch: number;
  /** Settings that were chosen for the number of images. */
  readonly chosen: readonly ('batch' | 'rate')[];
  /** What the data or the settings make worse than it need be, a sentence each. */
  readonly warnings: readonly string[];
}

/** What a plan needs of the images. */
export interface PlannedData {
  readonly labels: Pick<TrainingData['labels'], 'length'>;
  readonly train: Pick<TrainingData['train'], 'classes'>;
  readonly validation: Pick<TrainingData['validation'], 'classes'>;
}

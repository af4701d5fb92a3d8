import { UserError } from '../../shared/failures/user-error.ts';
import { loadModel, type Model } from '../../shared/models/model-directory.ts';
import { type Accuracy, accuracyOf } from './accuracy.ts';
import { type Agreement, comparePredictions } from './agreement.ts';
import { readLabeledPhotos } from './labeled-photos.ts';
import type { SkippedFiles } from './photo-folder.ts';
import { type Prediction, predictCrops } from './predict-crops.ts';
import { speedRatio } from './speed.ts';
import { syntheticCrops } from './synthetic-crops.ts';

/** Accuracy of a model on labeled photos, and its agreement with another model. */
export interface Comparison {
  readonly accuracy?: Accuracy;
  /** Skipped files in the folder of photos. */
  readonly leftOut?: SkippedFiles;
  readonly against?: {
    readonly model: string;
    readonly agreement: Agreement;
    readonly accuracy?: Accuracy;
    /** Speedup over the other model. */
    readonly speed: number;
  };
}

export interface ComparisonOptions {
  /** Folder of labeled photos, see `findLabel`. */
  readonly photos?: string;
  /** Model directory. */
  readonly against?: string;
}

/**
 * Measures accuracy on photos, and compares a model with another one on these photos, or on synthetic images.
 * @throws {UserError} if no photo can be used, or the models have different crops, labels or embedding sizes
 */
export async function compareModels(directory: string, { photos, against }: ComparisonOptions): Promise<Comparison> {
  const model = await loadModel(directory);
  const other = against === undefined ? undefined : await loadModel(against);
  if (other && other.preprocess !== model.preprocess) {
    throw new UserError(`${directory} and ${against} cannot be compared: their preprocessing differs`);
  }
  if (other && JSON.stringify(signatureOf(other)) !== JSON.stringify(signatureOf(model))) {
    throw new UserError(`${directory} and ${against} cannot be compared: their labels or embedding sizes differ`);
  }
  const labeled = photos === undefined ? undefined : await readLabeledPhotos(photos, model.manifest);
  const crops = labeled?.crops ?? syntheticCrops(16, model.manifest.preprocess.crop);
  const predict = ({ network, manifest }: Model) => predictCrops(crops, network, manifest);
  const accuracy = (predictions: readonly Prediction[]) =>
    labeled && { accuracy: accuracyOf(predictions, labeled.labels) };
  const predictions = await predict(model);
  const result = { ...accuracy(predictions), ...(labeled && { leftOut: labeled.leftOut }) };
  if (other === undefined) return result;
  const otherPredictions = await predict(other);
  const speed = await speedRatio(model, other, crops);
  const agreement = comparePredictions(otherPredictions, predictions);
  return { ...result, against: { model: other.id, agreement, ...accuracy(otherPredictions), speed } };
}

function signatureOf({ manifest: { labels, outputs } }: Model) {
  return [outputs.embeddingSize, labels.map(({ id }) => id)];
}

import { UserError } from '../../shared/failures/user-error.ts';
import { loadModel, type Model } from '../../shared/models/model-directory.ts';
import { type Accuracy, accuracyOf } from './accuracy.ts';
import { type Agreement, comparePredictions, type Prediction, predictCrops } from './agreement.ts';
import { readLabeledPhotos } from './labeled-photos.ts';
import type { SkippedFiles } from './photo-folder.ts';
import { speedRatio } from './speed.ts';
import { syntheticCrops } from './synthetic-crops.ts';

/** How a model does on labelled photos, and beside the model that it was made of. */
export interface Comparison {
  readonly accuracy?: Accuracy;
  /** Files in the folder of photos that could not be used. */
  readonly leftOut?: SkippedFiles;
  readonly against?: {
    readonly model: string;
    readonly agreement: Agreement;
    readonly accuracy?: Accuracy;
    /** How many times as fast. */
    readonly speed: number;
  };
}

export interface ComparisonOptions {
  /** Folder of labelled photos, see `findLabel`. */
  readonly photos?: string;
  /** Model directory. */
  readonly against?: string;
}

/**
 * Measures a model on photos and against another model of the same crops; without photos, on made-up images.
 * @throws {UserError} when no photo can be used, or the models take different crops
 */
export async function compareModels(directory: string, { photos, against }: ComparisonOptions): Promise<Comparison> {
  const model = await loadModel(directory);
  const other = against === undefined ? undefined : await loadModel(against);
  if (other && other.preprocess !== model.preprocess) {
    throw new UserError(`${directory} and ${against} cannot be compared: they take different crops of an image`);
  }
  if (other && JSON.stringify(answerOf(other)) !== JSON.stringify(answerOf(model))) {
    throw new UserError(`${directory} and ${against} cannot be compared: their labels or embeddings are not the same`);
  }
  const labelled = photos === undefined ? undefined : await readLabeledPhotos(photos, model.manifest);
  const crops = labelled?.crops ?? syntheticCrops(16, model.manifest.preprocess.crop);
  const answers = (of: Model) => predictCrops(crops, of.network, of.manifest);
  const accuracy = (own: readonly Prediction[]) => labelled && { accuracy: accuracyOf(own, labelled.labels) };
  const own = await answers(model);
  const found = { ...accuracy(own), ...(labelled && { leftOut: labelled.leftOut }) };
  if (other === undefined) return found;
  const others = await answers(other);
  const speed = await speedRatio(model, other, crops);
  const agreement = comparePredictions(others, own);
  return { ...found, against: { model: other.id, agreement, ...accuracy(others), speed } };
}

function answerOf({ manifest: { labels, outputs } }: Model) {
  return [outputs.embeddingSize, labels.map(({ id }) => id)];
}

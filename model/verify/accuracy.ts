import { UserError } from '../../shared/failures/user-error.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { argmax } from './argmax.ts';
import type { Prediction } from './predict-crops.ts';

/** Shares of images whose label is the most probable one, or among the five most probable. */
export interface Accuracy {
  readonly images: number;
  readonly top1: number;
  readonly top5: number;
}

/**
 * The label of an image from its path: the id before an underscore in its file name, or the name or id of its folder.
 * @param key path below the folder of photos, separated by `/`
 * @returns the index of the label; undefined if the path contains no label of the model
 */
export function findLabel(key: string, { labels }: Pick<ModelManifest, 'labels'>): number | undefined {
  const names = key.split('/');
  const file = names.at(-1) ?? '';
  const folder = names.at(-2) ?? '';
  const prefix = file.split('_')[0] ?? '';
  const index = labels.findIndex(
    ({ id, name }) => id === prefix || id === folder || (folder !== '' && name === folder),
  );
  return index < 0 ? undefined : index;
}

/** @throws {UserError} if `findLabel` finds no label */
export function requireLabel(key: string, manifest: Pick<ModelManifest, 'labels'>): number {
  const index = findLabel(key, manifest);
  if (index !== undefined) return index;
  const example = `${manifest.labels[0]?.id}_photo.jpg`;
  throw new UserError(
    `${key} has no label of the model: give it in the file name, such as ${example}, or as its folder`,
  );
}

/** @param labels index of each image's label, in the order of the predictions */
export function accuracyOf(predictions: readonly Prediction[], labels: readonly number[]): Accuracy {
  const images = predictions.length;
  const topK = (k: number) =>
    predictions.filter(({ probabilities }, image) => isInTop(probabilities, labels[image], k)).length / images;
  return { images, top1: topK(1), top5: topK(5) };
}

function isInTop(probabilities: Float32Array, label: number | undefined, k: number): boolean {
  const remaining = Float32Array.from(probabilities);
  for (let rank = 0; rank < k; rank += 1) {
    const best = argmax(remaining);
    if (best === label) return true;
    remaining[best] = Number.NEGATIVE_INFINITY;
  }
  return false;
}

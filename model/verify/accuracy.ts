import { UserError } from '../../shared/failures/user-error.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { argmax, type Prediction } from './agreement.ts';

/** Shares of labelled images whose own label is the most probable, or among the five most probable. */
export interface Accuracy {
  readonly images: number;
  readonly top1: number;
  readonly top5: number;
}

/**
 * The label of an image as its path tells: the id that its name begins with, before an underscore, or the name or id of
 * its folder.
 * @param key path below the labelled folder, `/` between names
 * @returns the label's index; undefined where the path names no label of the model
 */
export function findLabel(key: string, { labels }: Pick<ModelManifest, 'labels'>): number | undefined {
  const names = key.split('/');
  const file = names.at(-1) ?? '';
  const wanted = [file.split('_')[0] ?? '', names.at(-2) ?? ''];
  const found = labels.findIndex(({ id, name }) => wanted.includes(id) || (wanted[1] !== '' && name === wanted[1]));
  return found < 0 ? undefined : found;
}

/** @throws {UserError} when `findLabel` finds none */
export function requireLabel(key: string, manifest: Pick<ModelManifest, 'labels'>): number {
  const found = findLabel(key, manifest);
  if (found !== undefined) return found;
  const example = `${manifest.labels[0]?.id}_photo.jpg`;
  throw new UserError(
    `expected the label of ${key} in its name or as its folder, such as ${example}: it names none of the model's`,
  );
}

/** @param wanted index of the own label of each image, in the order of the answers */
export function accuracyOf(answers: readonly Prediction[], wanted: readonly number[]): Accuracy {
  const share = (k: number) => answers.filter(({ probabilities }, image) => isInTop(probabilities, wanted[image], k));
  const images = answers.length;
  return { images, top1: share(1).length / images, top5: share(5).length / images };
}

function isInTop(probabilities: Float32Array, wanted: number | undefined, k: number): boolean {
  const left = Float32Array.from(probabilities);
  for (let rank = 0; rank < k; rank += 1) {
    const best = argmax(left);
    if (best === wanted) return true;
    left[best] = Number.NEGATIVE_INFINITY;
  }
  return false;
}

import { Failure } from '../../shared/failures/failure.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { findLabel } from './accuracy.ts';
import { countReasons, cropPhoto, describeSkipped, listFolder, type SkippedFiles } from './photo-folder.ts';

export interface LabeledPhotos {
  /** Uint8 [height, width, 3] each. */
  readonly crops: readonly Uint8Array[];
  /** The label's index of each. */
  readonly labels: readonly number[];
  /** Files that are no photos, and photos whose path names no label of the model. */
  readonly leftOut: SkippedFiles;
}

/**
 * The photos below a folder whose own label is told by their path, see `findLabel`.
 * @throws {UserError} when the folder is missing, or nothing in it can be used
 */
export async function readLabeledPhotos(
  folder: string,
  manifest: Pick<ModelManifest, 'labels' | 'preprocess'>,
): Promise<LabeledPhotos> {
  const crops: Uint8Array[] = [];
  const labels: number[] = [];
  const reasons: string[] = [];
  for (const file of await listFolder(folder)) {
    const crop = await cropPhoto(file, manifest.preprocess);
    const label = findLabel(file.key, manifest);
    if (crop instanceof Failure) reasons.push(crop.reason);
    else if (label === undefined) reasons.push('no_label');
    else {
      crops.push(crop);
      labels.push(label);
    }
  }
  const leftOut = countReasons(reasons);
  if (crops.length > 0) return { crops, labels, leftOut };
  const example = `${manifest.labels[0]?.id}_photo.jpg`;
  throw new UserError(
    `expected photos in ${folder} that bear the label in their name or lie in a folder named for it, such as ` +
      `${example}, got none: ${describeSkipped(leftOut) ?? 'the folder is empty'}`,
  );
}

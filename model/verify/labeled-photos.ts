import { Failure } from '../../shared/failures/failure.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { findLabel } from './accuracy.ts';
import { countReasons, cropPhoto, describeSkipped, listFolder, type SkippedFiles } from './photo-folder.ts';

export interface LabeledPhotos {
  /** Uint8 [height, width, 3] each. */
  readonly crops: readonly Uint8Array[];
  /** Index of each photo's label. */
  readonly labels: readonly number[];
  /** Files that are not photos, and photos whose path contains no label of the model. */
  readonly leftOut: SkippedFiles;
}

/**
 * Reads the photos below a folder that have a label in their path, see `findLabel`.
 * @throws {UserError} if the folder is missing, or no file in it can be used
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
    `no labeled photos in ${folder} (${describeSkipped(leftOut) ?? 'the folder is empty'}): ` +
      `give photos with their label in the file name, such as ${example}, or as their folder`,
  );
}

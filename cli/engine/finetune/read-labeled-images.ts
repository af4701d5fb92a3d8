import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import {
  dropConflicts,
  findFile,
  imageOfFile,
  type LabeledImage,
  type LabeledImages,
  readClassFolders,
  type SkippedImage,
} from '../../../model/finetune/labeled-images.ts';
import type { Results } from '../../../results/open/open-results.ts';
import { findImagesByName, type NamedImage } from '../../../results/questions/read-embeddings.ts';
import { type LabelLine, readLabelFile } from '../../../results/relabel/read-label-file.ts';
import type { Model } from '../../../shared/models/model-directory.ts';

/**
 * Reads images and their labels from class folders or from a CSV file. A CSV line names an image by its id or key in
 * the results, or by a path relative to the CSV file.
 * @throws {UserError} if there is no such folder, or the file is not a CSV file of labels
 */
export async function readLabeledImages(
  path: string,
  model: Model,
  results: Results | undefined,
): Promise<LabeledImages> {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isDirectory()) return dropConflicts(await readClassFolders(path));
  const lines = await readLabelFile(path);
  const images: LabeledImage[] = [];
  const leftOut: SkippedImage[] = [];
  const { id, preprocess } = model;
  const names = lines.map(({ image }) => image);
  const known = results === undefined ? [] : await findImagesByName(results, { model: id, preprocess }, names);
  const byName = Map.groupBy(known, ({ name }) => name);
  for (const line of lines) {
    const resolved = await resolveImage(line, byName.get(line.image) ?? [], dirname(path));
    if ('reason' in resolved) leftOut.push({ name: line.image, reason: resolved.reason });
    else images.push({ ...resolved, name: line.image, label: line.label });
  }
  return dropConflicts({ images, leftOut });
}

type Resolved = Pick<LabeledImage, 'image' | 'file'> | { readonly reason: string };

async function resolveImage(
  { image, label }: LabelLine,
  known: readonly NamedImage[],
  folder: string,
): Promise<Resolved> {
  if (image === '') return { reason: 'no_image' };
  if (label === '') return { reason: 'no_label' };
  const classified = known.filter(({ status }) => status === 'classified');
  const [first, another] = classified;
  if (another !== undefined) return { reason: 'ambiguous' };
  if (first !== undefined) return { image: first.image };
  const file = await findFile(resolve(folder, image));
  if (file !== undefined) return imageOfFile(file);
  const [unclassified] = known;
  return { reason: unclassified === undefined ? 'not_found' : (unclassified.reason ?? unclassified.status) };
}

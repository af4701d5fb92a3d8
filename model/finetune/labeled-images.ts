import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { fileEtag } from '../../shared/stores/local/file-etag.ts';
import type { ListedObject } from '../../shared/stores/ports.ts';
import { listFolder } from '../verify/photo-folder.ts';

export interface LabeledImage {
  /** The path below the folder, or the name in the CSV file. */
  readonly name: string;
  readonly label: string;
  /** Image id: `bucket/key@etag`. */
  readonly image: string;
  /** Absent if the image is known only from results. */
  readonly file?: ListedObject;
}

/** An image that is not used for training. */
export interface SkippedImage {
  readonly name: string;
  readonly reason: string;
}

export interface LabeledImages {
  readonly images: readonly LabeledImage[];
  readonly leftOut: readonly SkippedImage[];
}

/**
 * Lists the files of a folder with one subfolder per label. The label of a file is the name of its topmost subfolder. A file
 * outside of the subfolders has no label.
 * @throws {UserError} when the folder is missing
 */
export async function readClassFolders(folder: string): Promise<LabeledImages> {
  const images: LabeledImage[] = [];
  const leftOut: SkippedImage[] = [];
  for (const file of await listFolder(folder)) {
    const slash = file.key.indexOf('/');
    if (slash < 0) leftOut.push({ name: file.key, reason: 'no_label' });
    else images.push({ ...imageOfFile(file), name: file.key, label: file.key.slice(0, slash) });
  }
  return { images, leftOut };
}

/** The file at a path; undefined if it is missing. */
export async function findFile(path: string): Promise<ListedObject | undefined> {
  const absolute = resolve(path);
  const stats = await stat(absolute, { bigint: true }).catch(() => undefined);
  if (stats === undefined || stats.isDirectory()) return undefined;
  const [bucket, key] = [dirname(absolute), basename(absolute)];
  return { bucket, key, etag: fileEtag(stats), size: Number(stats.size), modified: stats.mtime };
}

export function imageOfFile(file: ListedObject): Required<Pick<LabeledImage, 'image' | 'file'>> {
  return { image: `${file.bucket}/${file.key}@${file.etag}`, file };
}

/** Removes duplicate images, and images with conflicting labels, which are reported under each of their names. */
export function dropConflicts({ images, leftOut }: LabeledImages): LabeledImages {
  const kept: LabeledImage[] = [];
  const skipped = [...leftOut];
  for (const [, duplicates] of Map.groupBy(images, ({ image }) => image)) {
    const [first] = duplicates;
    if (new Set(duplicates.map(({ label }) => label)).size > 1) {
      skipped.push(...duplicates.map(({ name }) => ({ name, reason: 'conflicting_labels' })));
    } else if (first !== undefined) kept.push(first);
  }
  return { images: kept, leftOut: skipped };
}

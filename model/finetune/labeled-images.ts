import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { fileEtag } from '../../shared/stores/local/file-etag.ts';
import type { ListedObject } from '../../shared/stores/ports.ts';
import { listFolder } from '../verify/photo-folder.ts';

/** An image and its label, as somebody gave them. */
export interface LabeledImage {
  /** As it was named: a path below the folder, or what the CSV file says. */
  readonly name: string;
  readonly label: string;
  /** Where it lies, and which version; `bucket/key@etag`. */
  readonly image: string;
  /** Absent where the image is known from results alone. */
  readonly file?: ListedObject;
}

/** An image that was given and is not learnt from. */
export interface SkippedImage {
  readonly name: string;
  readonly reason: string;
}

export interface LabeledImages {
  readonly images: readonly LabeledImage[];
  readonly leftOut: readonly SkippedImage[];
}

/**
 * The files below a folder of class folders: the label of each is the name of the folder right below the given one that it
 * lies in, however deep. A file beside the class folders has no label.
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

/** The file at a path; undefined where there is none. */
export async function findFile(path: string): Promise<ListedObject | undefined> {
  const whole = resolve(path);
  const stats = await stat(whole, { bigint: true }).catch(() => undefined);
  if (stats === undefined || stats.isDirectory()) return undefined;
  const [bucket, key] = [dirname(whole), basename(whole)];
  return { bucket, key, etag: fileEtag(stats), size: Number(stats.size), modified: stats.mtime };
}

export function imageOfFile(file: ListedObject): Required<Pick<LabeledImage, 'image' | 'file'>> {
  return { image: `${file.bucket}/${file.key}@${file.etag}`, file };
}

/**
 * Each image once. One that was given several labels has none that could be learnt: it is left out, under every name.
 */
export function dropConflicts({ images, leftOut }: LabeledImages): LabeledImages {
  const kept: LabeledImage[] = [];
  const out = [...leftOut];
  for (const [, same] of Map.groupBy(images, ({ image }) => image)) {
    const [first] = same;
    if (new Set(same.map(({ label }) => label)).size > 1) {
      out.push(...same.map(({ name }) => ({ name, reason: 'conflicting_labels' })));
    } else if (first !== undefined) kept.push(first);
  }
  return { images: kept, leftOut: out };
}

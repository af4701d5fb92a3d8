import { realpath } from 'node:fs/promises';
import { Failure } from '../../shared/failures/failure.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { defaultDecodeLimits, defaultMaxBytes } from '../../shared/images/decode/identify.ts';
import { cropImage } from '../../shared/images/preprocess/crop-image.ts';
import type { Preprocess } from '../../shared/models/model-manifest.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import type { ListedObject } from '../../shared/stores/ports.ts';

/** How many files could not be used, by the reason. */
export type SkippedFiles = Readonly<Record<string, number>>;

/**
 * Every file below a folder, photo or not.
 * @throws {UserError} when the folder is missing
 */
export async function listFolder(folder: string): Promise<ListedObject[]> {
  const bucket = await realpath(folder).catch((cause: unknown) => {
    throw new UserError(`no such folder: ${folder}`, { cause });
  });
  return Array.fromAsync(new FolderStore().list(bucket, ''));
}

/**
 * The middle of a photo, which is enough to see what a network does, also of a model that takes several crops.
 * @returns uint8 [height, width, 3], or why the file is no photo that can be used
 */
export async function cropPhoto(file: ListedObject, rule: Preprocess): Promise<Uint8Array | Failure> {
  try {
    const { bytes } = await new FolderStore().read(file, { maxBytes: defaultMaxBytes });
    const middle: Preprocess = { ...rule, crop: { ...rule.crop, rule: 'center' } };
    return (await cropImage(bytes, middle, defaultDecodeLimits)).tensor.pixels;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

export function countReasons(reasons: readonly string[]): SkippedFiles {
  const counts: Record<string, number> = {};
  for (const reason of reasons) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

/** One line, such as `3 files left out: 2 not_an_image, 1 empty`; undefined where there are none. */
export function describeSkipped(leftOut: SkippedFiles): string | undefined {
  const counts = Object.entries(leftOut);
  const files = counts.reduce((sum, [, count]) => sum + count, 0);
  if (files === 0) return undefined;
  const reasons = counts.map(([reason, count]) => `${count} ${reason}`).join(', ');
  return `${files} ${files === 1 ? 'file' : 'files'} left out: ${reasons}`;
}

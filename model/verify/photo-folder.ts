import { realpath } from 'node:fs/promises';
import { Failure } from '../../shared/failures/failure.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import type { CropTensor } from '../../shared/images/crop-tensor.ts';
import { defaultDecodeLimits, defaultMaxBytes } from '../../shared/images/decode/identify.ts';
import { cropImage } from '../../shared/images/preprocess/crop-image.ts';
import { type Preprocess, preprocessWithCropRule } from '../../shared/models/model-manifest.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import type { ListedObject } from '../../shared/stores/ports.ts';

/** Number of skipped files by reason. */
export type SkippedFiles = Readonly<Record<string, number>>;

/**
 * Lists all files below a folder.
 * @throws {UserError} if the folder is missing
 */
export async function listFolder(folder: string): Promise<ListedObject[]> {
  const bucket = await realpath(folder).catch((cause: unknown) => {
    throw new UserError(`no such folder: ${folder}`, { cause });
  });
  return Array.fromAsync(new FolderStore().list(bucket, ''));
}

/**
 * The center crop of a photo, also for a model that takes several crops.
 * @returns uint8 [height, width, 3], or the reason why the file cannot be used
 */
export async function cropPhoto(file: ListedObject, rule: Preprocess): Promise<Uint8Array | Failure> {
  const tensor = await cropFile(file, preprocessWithCropRule(rule, 'center'));
  return tensor instanceof Failure ? tensor : tensor.pixels;
}

/** The crops of an image file, or the reason why it cannot be used. */
export async function cropFile(file: ListedObject, rule: Preprocess): Promise<CropTensor | Failure> {
  try {
    const { bytes } = await new FolderStore().read(file, { maxBytes: defaultMaxBytes });
    return (await cropImage(bytes, rule, defaultDecodeLimits)).tensor;
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

/** One line, such as `3 files skipped: 2 not_an_image, 1 empty`; undefined if no file was skipped. */
export function describeSkipped(skipped: SkippedFiles): string | undefined {
  const counts = Object.entries(skipped);
  const files = counts.reduce((sum, [, count]) => sum + count, 0);
  if (files === 0) return undefined;
  const reasons = counts.map(([reason, count]) => `${count} ${reason}`).join(', ');
  return `${files} ${files === 1 ? 'file' : 'files'} skipped: ${reasons}`;
}

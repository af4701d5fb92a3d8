import { realpath } from 'node:fs/promises';
import { defaultDecodeLimits } from '../../shared/decode.ts';
import { Failure } from '../../shared/failure.ts';
import { FolderStore } from '../../shared/local/folder-store.ts';
import type { Preprocess } from '../../shared/model-manifest.ts';
import type { ListedObject } from '../../shared/ports.ts';
import { preprocess } from '../../shared/preprocess/preprocess.ts';
import { UserError } from '../../shared/user-error.ts';

export interface CalibrationCrops {
  /** Images, uint8 [height, width, 3] each. */
  readonly crops: readonly Uint8Array[];
  /** Files that were no images. */
  readonly passedOver: number;
}

const maxBytes = 2 ** 28;

/**
 * Crops of the images below a folder, picked evenly where there are more than `most`.
 * @throws {UserError} when the folder is missing, or holds no image
 */
export async function readCalibrationCrops(folder: string, rule: Preprocess, most: number): Promise<CalibrationCrops> {
  const store = new FolderStore();
  const bucket = await realpath(folder).catch((cause: unknown) => {
    throw new UserError(`no such folder: ${folder}`, { cause });
  });
  const files = await Array.fromAsync(store.list(bucket, ''));
  const crops: Uint8Array[] = [];
  let passedOver = 0;
  const picked = new Set(evenly(files, most));
  // Those between come in where one that was picked is no image.
  for (const file of [...picked, ...files.filter((file) => !picked.has(file))]) {
    if (crops.length === most) break;
    const crop = await cropOf(store, file, rule);
    if (crop) crops.push(crop);
    else passedOver += 1;
  }
  if (crops.length > 0) return { crops, passedOver };
  throw new UserError(`expected images in ${folder} to calibrate with, got ${files.length} files of which none is one`);
}

async function cropOf(store: FolderStore, file: ListedObject, rule: Preprocess): Promise<Uint8Array | undefined> {
  try {
    const { bytes } = await store.read(file, { maxBytes });
    return (await preprocess(bytes, rule, defaultDecodeLimits)).pixels;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function evenly<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return items.filter(
    (_, index) => Math.floor((index * most) / items.length) !== Math.floor(((index - 1) * most) / items.length),
  );
}

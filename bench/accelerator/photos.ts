import { copyFile, link, mkdir, readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { cropPhoto, listFolder } from '../../model/verify/photo-folder.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import { runOnPhotos } from '../photo-pipeline.ts';
import { simulatedAccelerator } from '../worker/simulated-accelerator.ts';

/** The feed is measured on as many photos as it is expected to read in this many seconds. */
const seconds = 5;
const maxPhotos = 8000;
/** Different photos to copy. */
const minPaths = 200;

/** Photos that can be read, by path, and their crops. */
export interface Photos {
  readonly paths: readonly string[];
  /** Of the first photos. Uint8 [height, width, 3] each. */
  readonly crops: readonly Uint8Array[];
}

/**
 * Crops the first photos of a folder; files that cannot be read are left out.
 * @throws {UserError} if the folder is missing, or contains no photo
 */
export async function readPhotos(folder: string, { manifest }: Model, count: number): Promise<Photos> {
  const paths: string[] = [];
  const crops: Uint8Array[] = [];
  for (const file of await listFolder(folder)) {
    const crop = await cropPhoto(file, manifest.preprocess);
    if (crop instanceof Failure) continue;
    paths.push(join(resolve(folder), file.key));
    if (crops.length < count) crops.push(crop);
    if (paths.length >= Math.max(count, minPaths)) break;
  }
  if (crops.length === 0) throw new UserError(`no photos in ${folder}: give --photos DIR`);
  return { paths, crops };
}

export interface Feed {
  readonly folder: string;
  readonly names: readonly string[];
  /** Images per second of the pipeline with a network that takes no time: reading, decoding, cropping, storing. */
  readonly imagesPerSecond: number;
}

/** Measures the pipeline without a network, on copies of the photos. */
export async function measureFeed(
  { paths }: Photos,
  { model, threads, work }: { readonly model: Model; readonly threads: number; readonly work: string },
): Promise<Feed> {
  const folder = join(work, 'photos');
  await mkdir(folder);
  const rate = async () => {
    const photos = (await readdir(folder)).toSorted();
    const session = simulatedAccelerator(model, { rate: Number.POSITIVE_INFINITY, lanes: 2 });
    const started = performance.now();
    await runOnPhotos({
      folder,
      photos,
      store: join(work, 'feed', String(photos.length)),
      model,
      session,
      threads,
      batchSize: 64,
    });
    return (photos.length * 1000) / (performance.now() - started);
  };
  await copyPhotos(paths, folder, 0, paths.length);
  const first = await rate();
  const count = Math.min(maxPhotos, Math.round(first * seconds));
  if (count > paths.length) await copyPhotos(paths, folder, paths.length, count);
  return { folder, imagesPerSecond: await rate(), names: (await readdir(folder)).toSorted() };
}

/** Links photos under new names, or copies them to another file system. */
async function copyPhotos(paths: readonly string[], folder: string, from: number, to: number): Promise<void> {
  for (let index = from; index < to; index += 1) {
    const path = paths[index % paths.length] ?? '';
    const copy = join(folder, `${String(index).padStart(6, '0')}-${basename(path)}`);
    await link(path, copy).catch(() => copyFile(path, copy));
  }
}

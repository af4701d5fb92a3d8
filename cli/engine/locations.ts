import { realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ResultsSource } from '../../results/open/parts.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { isInSomeStore, isPipelineOutput, jobsPrefix, resultsPrefix } from '../../shared/stores/keys.ts';
import { replacement } from '../../shared/stores/local/file-name.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import { userCacheFolder, userCacheFolderIfAny } from '../../shared/stores/local/user-cache-folder.ts';
import { type Location, parseLocation } from '../../shared/stores/location.ts';
import type { ObjectStore } from '../../shared/stores/ports.ts';
import type { AwsOptions } from './command-watch.ts';
import { nearbyFolder } from './nearby-folder.ts';
import { openS3 } from './open-s3.ts';
import { UsageError } from './usage-error.ts';

/** The store without `--store`. */
export const defaultStore = 'inception-store';

export interface StoreOptions extends AwsOptions {
  readonly store: string;
}

/** A folder or bucket prefix, opened. */
export interface OpenedLocation {
  readonly objects: ObjectStore;
  /** Of a folder, its absolute path. */
  readonly bucket: string;
  readonly prefix: string;
  readonly kind: 'folder' | 's3';
}

/** The location of the command line. @throws {UsageError} if it is not one */
export function parseGivenLocation(text: string): Location {
  try {
    return parseLocation(text);
  } catch (error) {
    if (error instanceof UserError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

/**
 * Opens the location of images. Objects of the store, and of any other store inside it, are excluded.
 * @throws {UserError} if the folder does not exist
 */
export async function openSource(text: string, aws: AwsOptions, store?: OpenedLocation): Promise<OpenedLocation> {
  const location = parseGivenLocation(text);
  if (location.kind === 's3') {
    const { bucket, prefix } = location;
    const outputs = store?.kind === 's3' ? [store] : [];
    const objects = await openS3(aws, { exclude: (object) => isPipelineOutput(object, outputs) });
    return { objects: withoutStores(objects), bucket, prefix, kind: 's3' };
  }
  const bucket = await realFolder(location.path);
  const objects = new FolderStore({ exclude: outputFolders(store) });
  return { objects: withoutStores(objects), bucket, prefix: '', kind: 'folder' };
}

/** Lists no objects of any store below the images: an earlier run may have written to another one than this run. */
function withoutStores(objects: ObjectStore): ObjectStore {
  return {
    async *list(bucket, prefix, onSkip) {
      for await (const object of objects.list(bucket, prefix, onSkip)) {
        if (isInSomeStore(object.key)) onSkip?.('store');
        else yield object;
      }
    },
    read: (address, options) => objects.read(address, options),
    readRange: (address, range) => objects.readRange(address, range),
    write: (address, bytes) => objects.write(address, bytes),
    create: (address, bytes) => objects.create(address, bytes),
    remove: (address) => objects.remove(address),
  };
}

/** The real path of a folder, or that of a link to it if the real one is not UTF-8, which Node cannot give as text. */
async function realFolder(path: string): Promise<string> {
  const real = await realpath(path).catch(async (cause: unknown) => {
    const isText = !resolve(path).includes(replacement);
    const advice = isText ? await nearbyFolder(path) : ': its path is not UTF-8, so give a symbolic link to it';
    throw new UserError(`no such folder: ${path}${advice}`, { cause });
  });
  return real.includes(replacement) ? resolve(path) : real;
}

/** Folders that the pipeline writes in a store. A folder never holds packed crops. */
export function outputFolders(store: OpenedLocation | undefined): string[] {
  return store?.kind === 'folder' ? [resultsPrefix, jobsPrefix].map((prefix) => join(store.bucket, prefix)) : [];
}

/** Opens the location of results; a folder is created when it is first written. */
export async function openStore({ store, ...aws }: StoreOptions): Promise<OpenedLocation> {
  const location = parseGivenLocation(store);
  if (location.kind === 'folder') {
    return { objects: new FolderStore(), bucket: resolve(location.path), prefix: '', kind: 'folder' };
  }
  const { bucket, prefix } = location;
  return { objects: await openS3(aws), bucket, prefix, kind: 's3' };
}

/** A store as the query layer reads it; copies of remote parts are cached in the user's cache folder. */
export function resultsSource({ kind, objects, bucket, prefix }: OpenedLocation): ResultsSource {
  if (kind === 'folder') {
    const cacheFolder = userCacheFolderIfAny('parts');
    return { kind, path: bucket, ...(cacheFolder !== undefined && { cacheFolder }) };
  }
  return { kind: 'remote', store: objects, bucket, prefix, cacheFolder: userCacheFolder('parts') };
}

/** A unique name of a location, independent of the working directory. */
export function locationName({ kind, bucket, prefix }: OpenedLocation): string {
  return kind === 'folder' ? bucket : `s3://${bucket}/${prefix}`;
}

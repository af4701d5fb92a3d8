import { access, constants, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ResultsSource } from '../../results/open/parts.ts';
import { firstIssue } from '../../shared/failures/first-issue.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { awsClients } from '../../shared/stores/aws/clients.ts';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { isPipelineOutput, jobsPrefix, resultsPrefix } from '../../shared/stores/keys.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import { makeFolder } from '../../shared/stores/local/make-folder.ts';
import { parseLocation } from '../../shared/stores/location.ts';
import type { ObjectStore } from '../../shared/stores/ports.ts';

export interface AwsOptions {
  /** Address of an S3- and SQS-compatible service instead of AWS. */
  readonly endpoint?: string;
  readonly region?: string;
}

/** A place with objects in it, opened. */
export interface OpenedLocation {
  readonly objects: ObjectStore;
  /** For a folder its absolute path. */
  readonly bucket: string;
  readonly prefix: string;
  readonly kind: 'folder' | 's3';
}

/**
 * Opens the place that holds images. Results and packed crops in `store`, should they lie within it, are no input.
 * @throws {UserError} when the folder does not exist
 */
export async function openSource(
  text: string,
  aws: AwsOptions,
  store: OpenedLocation | undefined,
): Promise<OpenedLocation> {
  const location = parseLocation(text);
  if (location.kind === 's3') {
    const { bucket, prefix } = location;
    const own = store?.kind === 's3' ? [store] : [];
    const objects = new S3Store(awsClients(aws).s3, { exclude: (object) => isPipelineOutput(object, own) });
    return { objects, bucket, prefix, kind: 's3' };
  }
  // A folder never holds packed crops.
  const exclude =
    store?.kind === 'folder' ? [resultsPrefix, jobsPrefix].map((prefix) => join(store.bucket, prefix)) : [];
  const bucket = await realpath(location.path).catch((cause: unknown) => {
    throw new UserError(`no such folder: ${location.path}`, { cause });
  });
  return { objects: new FolderStore({ exclude }), bucket, prefix: '', kind: 'folder' };
}

/** Opens the place that holds results; a folder need not exist yet. */
export function openStore(text: string, aws: AwsOptions): OpenedLocation {
  const location = parseLocation(text);
  if (location.kind === 'folder') {
    return { objects: new FolderStore(), bucket: resolve(location.path), prefix: '', kind: 'folder' };
  }
  const { bucket, prefix } = location;
  return { objects: new S3Store(awsClients(aws).s3), bucket, prefix, kind: 's3' };
}

/**
 * Makes sure that results can be kept, before anything is computed that could not be stored.
 * @throws {UserError} when the folder cannot be made; a bucket is only found out when it is written to
 */
export async function prepareStore({ kind, bucket }: OpenedLocation): Promise<void> {
  if (kind === 's3') return;
  const folder = resolve(bucket, resultsPrefix);
  await makeFolder(folder)
    .then(() => access(folder, constants.W_OK))
    .catch((cause: unknown) => {
      throw new UserError(`results cannot be kept in ${bucket}: ${firstIssue(cause)}`, { cause });
    });
}

/** How the query layer reads a store; what it keeps from one query to the next is in the user's cache folder. */
export function resultsSource({ kind, objects, bucket, prefix }: OpenedLocation): ResultsSource {
  const cacheFolder = userCacheFolder('parts');
  if (kind === 'folder') return { kind, path: bucket, cacheFolder };
  return { kind: 'remote', store: objects, bucket, prefix, cacheFolder };
}

/** A folder for what can be made again, kept from one command to the next. */
export function userCacheFolder(name: string): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return join(cache, 'inception-batch', name);
}

/** A place as only it is called, wherever the command runs. */
export function locationName({ kind, bucket, prefix }: OpenedLocation): string {
  return kind === 'folder' ? bucket : `s3://${bucket}/${prefix}`;
}

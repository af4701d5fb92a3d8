import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { firstIssue } from '../../shared/failures/first-issue.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { makeFolder } from '../../shared/stores/local/make-folder.ts';
import type { Results } from '../open/open-results.ts';
import type { EmbeddedImages, EmbeddingSpace } from './embedded-images.ts';
import { findValidShards } from './find-valid-shards.ts';
import { countLive, type OpenShard, openShards } from './open-shards.ts';
import { type IndexProgress, syncIndex } from './sync-index.ts';

export interface IndexOptions {
  /** Where indexes are kept from one time to the next; made when it is not there. */
  readonly cacheFolder: string;
  /** The store as people know it: errors name it, and it has indexes of its own. */
  readonly storeName: string;
  /** Told while an index is built or completed. */
  readonly onProgress?: ((progress: IndexProgress) => void) | undefined;
  /** Told in one line of an index that is damaged, and so built again. */
  readonly onDamage?: ((line: string) => void) | undefined;
  /** Ends the building of an index early; what is built is kept. */
  readonly stop?: AbortSignal | undefined;
  /** Images of a shard at most; by default as many as are worth their memory. */
  readonly shardCapacity?: number | undefined;
}

/**
 * The index of a space with every image that is in the results now.
 * @throws {UserError} when its building was stopped, or there is no place to keep it
 */
export async function openIndex(
  results: Results,
  space: EmbeddingSpace & Pick<EmbeddedImages, 'images'>,
  options: IndexOptions,
): Promise<{ readonly shards: readonly OpenShard[]; readonly folder: string }> {
  const { cacheFolder, storeName, onProgress, onDamage = () => {}, stop, shardCapacity: capacity } = options;
  const { model, preprocess, dimensions } = space;
  const digest = createHash('sha256')
    .update(JSON.stringify([storeName, model, preprocess, dimensions]))
    .digest('hex');
  const folder = join(cacheFolder, digest);
  await makeFolder(folder).catch((cause: unknown) => {
    throw new UserError(`no index can be kept in ${cacheFolder}: ${firstIssue(cause)}`, { cause });
  });
  const found = await findValidShards(folder, dimensions, onDamage);
  const before = await openShards(results, space, folder, found);
  const missing = space.images - countLive(before);
  if (missing === 0) return { shards: before, folder };
  const stored = await syncIndex(results, space, { folder, shards: found, missing, onProgress, stop, capacity });
  if (stop?.aborted) {
    throw new UserError('stopped before every image was indexed: the next search goes on from there');
  }
  return { shards: await openShards(results, space, folder, stored), folder };
}

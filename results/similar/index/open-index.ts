import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { firstIssue } from '../../../shared/failures/first-issue.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { diskProblem } from '../../../shared/stores/local/file-failure.ts';
import { makeFolder } from '../../../shared/stores/local/make-folder.ts';
import type { Results } from '../../open/open-results.ts';
import type { EmbeddedImages, EmbeddingSpace } from '../embeddings/embedded-images.ts';
import { findValidShards } from './find-valid-shards.ts';
import { countLive, type OpenShard, openShards } from './open-shards.ts';
import { type IndexProgress, syncIndex } from './sync-index.ts';

export interface IndexOptions {
  /** Where indexes are kept; created if missing. */
  readonly cacheFolder: string;
  /** The store as the user wrote it: part of the identity of an index and of error messages. */
  readonly storeName: string;
  /** Called while an index is built or extended. */
  readonly onProgress?: ((progress: IndexProgress) => void) | undefined;
  /** Called with one line about damage that is being repaired. */
  readonly onDamage?: ((line: string) => void) | undefined;
  /** Ends the building of an index early; finished shards are kept. */
  readonly stop?: AbortSignal | undefined;
  /** Maximum images per shard. @default imagesPerShard */
  readonly shardCapacity?: number | undefined;
}

/** The cache folder takes no index. The same search is possible without one, slowly. */
export class IndexNotStored extends UserError {}

/**
 * Opens the index of a space, after adding the images that it lacks.
 * @throws {IndexNotStored} if the cache folder cannot be written; {UserError} if building was stopped
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
  const unstored = (problem: string, cause: unknown) =>
    new IndexNotStored(`the index cannot be stored in ${cacheFolder}: ${problem}`, { cause });
  await makeFolder(folder).catch((cause: unknown) => {
    throw unstored(diskProblem(cause) ?? firstIssue(cause), cause);
  });
  const valid = await findValidShards(folder, dimensions, onDamage);
  const shards = await openShards(results, space, folder, valid);
  const missing = space.images - countLive(shards);
  if (missing === 0) return { shards, folder };
  const sync = { folder, shards: valid, missing, onProgress, stop, capacity };
  const stored = await syncIndex(results, space, sync).catch((cause: unknown) => {
    const problem = diskProblem(cause);
    throw problem === undefined ? cause : unstored(`${problem}, or set XDG_CACHE_HOME`, cause);
  });
  if (stop?.aborted) {
    throw new UserError('stopped before every image was indexed; the next search continues from here');
  }
  return { shards: await openShards(results, space, folder, stored), folder };
}

import { firstIssue } from '../../../shared/failures/first-issue.ts';
import { idsPath, manifestPath, readManifest, type StoredShard, stampOf, vectorsPath } from './index-folder.ts';
import { viewShard } from './shard.ts';

/**
 * The undamaged shards of an index, none if there is no index yet.
 * @param onDamage called with one line for each damaged shard
 */
export async function findValidShards(
  folder: string,
  dimensions: number,
  onDamage: (line: string) => void,
): Promise<StoredShard[]> {
  const shards = await readManifest(folder).catch((error: unknown) => {
    onDamage(`${manifestPath(folder)} is damaged (${firstIssue(error)}): indexing every image again`);
    return [];
  });
  const valid: StoredShard[] = [];
  for (const shard of shards) {
    const damage = await damageOf(folder, shard, dimensions);
    if (damage === undefined) valid.push(shard);
    else onDamage(`${damage}: indexing the ${shard.images} images of that shard again`);
  }
  return valid;
}

/**
 * Distrusts a file that changed since it was written: the library would follow whatever pointers it contains, and
 * computing a digest would take longer than the search.
 */
async function damageOf(folder: string, shard: StoredShard, dimensions: number): Promise<string | undefined> {
  const files = [
    [vectorsPath(folder, shard), shard.vectors],
    [idsPath(folder, shard), shard.ids],
  ] as const;
  for (const [path, written] of files) {
    const stamp = await stampOf(path).catch(() => undefined);
    if (stamp === undefined) return `${path} is missing`;
    if (stamp.bytes !== written.bytes || stamp.modified !== written.modified) return `${path} was changed`;
  }
  try {
    viewShard(folder, shard, dimensions);
    return undefined;
  } catch (error) {
    return `${vectorsPath(folder, shard)} cannot be used (${firstIssue(error)})`;
  }
}

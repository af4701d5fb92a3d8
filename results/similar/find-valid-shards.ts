import { firstIssue } from '../../shared/failures/first-issue.ts';
import { idsPath, manifestPath, readManifest, type StoredShard, stampOf, vectorsPath } from './index-folder.ts';
import { viewShard } from './shard.ts';

/**
 * The shards of an index that can be used, none where there is no index yet.
 * @param onDamage told in one line of what cannot be, and is left out
 */
export async function findValidShards(
  folder: string,
  dimensions: number,
  onDamage: (line: string) => void,
): Promise<StoredShard[]> {
  const shards = await readManifest(folder).catch((error: unknown) => {
    onDamage(`${manifestPath(folder)} is damaged (${firstIssue(error)}): every image is indexed again`);
    return [];
  });
  const sound: StoredShard[] = [];
  for (const shard of shards) {
    const damage = await damageOf(folder, shard, dimensions);
    if (damage === undefined) sound.push(shard);
    else onDamage(`${damage}: the ${shard.images} images of that part of the index are indexed again`);
  }
  return sound;
}

/**
 * A file that was touched since it was written is not trusted: its digest would take longer than the search, and the
 * library follows whatever it finds in a file.
 */
async function damageOf(folder: string, shard: StoredShard, dimensions: number): Promise<string | undefined> {
  const files = [
    [vectorsPath(folder, shard), shard.vectors],
    [idsPath(folder, shard), shard.ids],
  ] as const;
  for (const [path, written] of files) {
    const found = await stampOf(path).catch(() => undefined);
    if (found === undefined) return `${path} is missing`;
    if (found.bytes !== written.bytes || found.modified !== written.modified) return `${path} was changed`;
  }
  try {
    viewShard(folder, shard, dimensions);
    return undefined;
  } catch (error) {
    return `${vectorsPath(folder, shard)} cannot be used (${firstIssue(error)})`;
  }
}

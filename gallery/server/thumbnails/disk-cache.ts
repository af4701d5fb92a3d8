import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import { removeOld } from '../../../results/open/cache-files.ts';
import { errorCode } from '../../../shared/stores/local/file-failure.ts';

/** A cache of files in a folder, with least-recently-used eviction. A fault of its disk costs time, never an answer. */
export interface DiskCache {
  /** Undefined for a file that is missing, or that cannot be read, which is a fault. */
  get(name: string): Promise<Uint8Array | undefined>;
  /**
   * Stores bytes if the disk takes them, then evicts the least recently used files above the size limit. On a full disk it
   * first evicts as many bytes.
   */
  put(name: string, bytes: Uint8Array): Promise<void>;
}

interface Entry {
  readonly bytes: number;
  readonly usedAt: number;
}

/** A file's time of use is updated at most this often. */
const touchEveryMs = 24 * 60 * 60 * 1000;
/** Age at which the unfinished files of killed processes are removed. */
const leftoverMs = 3_600_000;

/**
 * Opens a cache in a folder, which is created if missing. Several processes may share it.
 * @param maxBytes total size of the files
 * @param onFault called with the first error because of which a file is not kept, read or evicted
 */
export async function openDiskCache(
  folder: string,
  maxBytes: number,
  onFault: (error: unknown) => void = () => {},
): Promise<DiskCache> {
  let hasFault = false;
  const report = (error: unknown) => {
    if (!hasFault) onFault(error);
    hasFault = true;
  };
  await mkdir(folder, { recursive: true }).catch(report);
  await removeUnfinished(folder);
  const entries = await entriesOf(folder);
  let total = [...entries.values()].reduce((sum, { bytes }) => sum + bytes, 0);

  const recordUse = (name: string, bytes: number) => {
    total += bytes - (entries.get(name)?.bytes ?? 0);
    // Re-inserting keeps the entries ordered by last use.
    entries.delete(name);
    entries.set(name, { bytes, usedAt: Date.now() });
  };
  const forget = (name: string) => {
    total -= entries.get(name)?.bytes ?? 0;
    entries.delete(name);
  };
  /** A file that cannot be removed still takes its space. */
  const evict = async (limit: number) => {
    for (const name of [...entries.keys()]) {
      if (total <= limit) return;
      await rm(join(folder, name), { force: true }).then(() => forget(name), report);
    }
  };
  const write = async (name: string, bytes: Uint8Array) => {
    const partial = join(folder, `.${randomUUID()}.partial`);
    try {
      await writeFile(partial, bytes);
      await rename(partial, join(folder, name));
    } catch (error) {
      await rm(partial, { force: true }).catch(report);
      throw error;
    }
  };
  return {
    async get(name) {
      const path = join(folder, name);
      const bytes = await readFile(path).catch((error: unknown) => {
        // Another process may have removed the file.
        if (errorCode(error) === 'ENOENT') forget(name);
        else report(error);
      });
      if (bytes === undefined) return undefined;
      const usedAt = entries.get(name)?.usedAt ?? 0;
      recordUse(name, bytes.byteLength);
      const now = new Date();
      // The file may be removed meanwhile.
      if (now.getTime() - usedAt > touchEveryMs) await utimes(path, now, now).catch(() => undefined);
      return bytes;
    },
    async put(name, bytes) {
      try {
        await write(name, bytes).catch(async (error: unknown) => {
          if (!isFull(error)) throw error;
          await evict(total - bytes.byteLength);
          await write(name, bytes);
        });
      } catch (error) {
        return report(error);
      }
      recordUse(name, bytes.byteLength);
      await evict(maxBytes);
    },
  };
}

function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(errorCode(error) ?? '');
}

/** Existing files, least recently used first. */
async function entriesOf(folder: string): Promise<Map<string, Entry>> {
  const names = (await listed(folder)).filter((name) => !name.startsWith('.'));
  const files = await pMap(
    names,
    async (name) => {
      const stats = await stat(join(folder, name)).catch(() => undefined); // removed by another process
      return stats?.isFile() ? [{ name, bytes: stats.size, usedAt: stats.mtimeMs }] : [];
    },
    { concurrency: 16 },
  );
  const oldestFirst = files.flat().toSorted((a, b) => a.usedAt - b.usedAt);
  return new Map(oldestFirst.map(({ name, ...entry }) => [name, entry]));
}

async function removeUnfinished(folder: string): Promise<void> {
  const unfinished = (await listed(folder)).filter((name) => name.endsWith('.partial'));
  await removeOld(folder, unfinished, leftoverMs);
}

function listed(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

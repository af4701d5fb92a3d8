import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import { errorCode } from '../../../shared/stores/local/file-failure.ts';

/** Files in a folder that are made again when they are missing. */
export interface DiskCache {
  get(name: string): Promise<Uint8Array | undefined>;
  /** Keeps bytes under a name and, where that is too much in all, lets go of what was used longest ago. */
  put(name: string, bytes: Uint8Array): Promise<void>;
}

interface Entry {
  readonly bytes: number;
  readonly usedAt: number;
}

/** Used within that time, a file is not marked as used again. */
const markEveryMs = 24 * 60 * 60 * 1000;

/**
 * Opens a cache over a folder, which is made when it is not there. Several processes may share it.
 * @param maxBytes of all files together
 */
export async function openDiskCache(folder: string, maxBytes: number): Promise<DiskCache> {
  await mkdir(folder, { recursive: true });
  const entries = await entriesOf(folder);
  let total = [...entries.values()].reduce((sum, { bytes }) => sum + bytes, 0);

  const note = (name: string, bytes: number) => {
    total += bytes - (entries.get(name)?.bytes ?? 0);
    // Entries are in the order of their last use.
    entries.delete(name);
    entries.set(name, { bytes, usedAt: Date.now() });
  };
  const forgetOldest = async () => {
    for (const [name, { bytes }] of entries) {
      if (total <= maxBytes) return;
      entries.delete(name);
      total -= bytes;
      await rm(join(folder, name), { force: true });
    }
  };
  return {
    async get(name) {
      const path = join(folder, name);
      const bytes = await readFile(path).catch((error: unknown) => {
        if (errorCode(error) === 'ENOENT') return undefined;
        throw error;
      });
      if (bytes === undefined) return undefined;
      const usedAt = entries.get(name)?.usedAt ?? 0;
      note(name, bytes.byteLength);
      const now = new Date();
      // Should another process have removed it just now, there is nothing to mark.
      if (now.getTime() - usedAt > markEveryMs) await utimes(path, now, now).catch(() => undefined);
      return bytes;
    },
    async put(name, bytes) {
      const partial = join(folder, `.${randomUUID()}.partial`);
      try {
        await writeFile(partial, bytes);
        await rename(partial, join(folder, name));
      } finally {
        await rm(partial, { force: true });
      }
      note(name, bytes.byteLength);
      await forgetOldest();
    },
  };
}

/** What is there from before, used longest ago first. */
async function entriesOf(folder: string): Promise<Map<string, Entry>> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.'));
  const found = await pMap(
    names,
    async (name) => {
      const stats = await stat(join(folder, name)).catch(() => undefined); // removed by another process
      return stats?.isFile() ? [{ name, bytes: stats.size, usedAt: stats.mtimeMs }] : [];
    },
    { concurrency: 16 },
  );
  const oldestFirst = found.flat().toSorted((a, b) => a.usedAt - b.usedAt);
  return new Map(oldestFirst.map(({ name, ...entry }) => [name, entry]));
}

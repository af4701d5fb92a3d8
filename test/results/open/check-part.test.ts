import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compactResults } from '../../../results/compact/compact.ts';
import { DamagedPart } from '../../../results/open/check-part.ts';
import { openResults } from '../../../results/open/open-results.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import { folderStoreWith } from '../../support/folder-store-with.ts';
import { classifiedRow, rejectedRow } from '../../support/result-rows.ts';
import { query, storeOf } from '../../support/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const rows = [classifiedRow('a.jpg'), classifiedRow('b.jpg'), rejectedRow('c.jpg')];

async function partIn(store: string): Promise<string> {
  const [name = ''] = (await readdir(join(store, 'results'), { recursive: true })).filter((path) =>
    path.endsWith('.parquet'),
  );
  return join(store, 'results', name);
}

/** Changes one bit of a file. */
async function flipBit(path: string, bit: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  await writeFile(path, bytes);
}

describe('a part with one changed bit', () => {
  it('is named, wherever the bit is, instead of giving other values', async () => {
    const store = await storeOf(rows);
    const part = await partIn(store);
    const size = (await readFile(part)).byteLength;
    const damaged = `${part} is damaged: its bytes do not match the checksum in its name; restore it, or move it out`;
    for (let step = 0; step < 40; step += 1) {
      const bit = Math.floor(((step + 0.5) / 40) * 8 * size);
      await flipBit(part, bit);
      await expect(openResults({ kind: 'folder', path: store }), `bit ${bit}`).rejects.toThrow(damaged);
      await flipBit(part, bit);
    }
    expect(await query(store, 'select count(*)::int from results')).toEqual([[3]]);
  });

  it('is not compacted, although it was read before: no part is removed', async () => {
    const store = await storeOf(rows, [classifiedRow('d.jpg')]);
    const source = { kind: 'folder', path: store, cacheFolder: temporaryFolder() } as const;
    const compact = () => compactResults({ source, store: new FolderStore(), workFolder: store, bytesPerRun: 1e9 });
    await (await openResults(source)).close();
    const part = await partIn(store);
    const bytes = await readFile(part);
    // The value of an id in a page: readers would return another id without a word.
    const id = bytes.indexOf('drop/a.jpg@e1');
    expect(id).toBeGreaterThan(0);
    const before = await readdir(join(store, 'results'), { recursive: true });
    await flipBit(part, 8 * (id + 5));
    await expect(compact()).rejects.toThrow(`${part} is damaged`);
    expect(await readdir(join(store, 'results'), { recursive: true })).toEqual(before);
    await flipBit(part, 8 * (id + 5));
    expect(await compact()).toMatchObject({ partsBefore: 2, partsAfter: 1 });
    expect(await query(store, 'select count(*)::int from results')).toEqual([[4]]);
  });

  it('of a bucket is fetched again if only the response was damaged, and named otherwise', async () => {
    const path = await storeOf(rows);
    const folder = new FolderStore();
    let reads = 0;
    let damagedReads = 1;
    const store = folderStoreWith({
      async read(address, options) {
        const object = await folder.read(address, options);
        reads += 1;
        if (reads > damagedReads) return object;
        const bytes = Uint8Array.from(object.bytes);
        bytes[100] = (bytes[100] ?? 0) ^ 1;
        return { ...object, bytes };
      },
    });
    const source = () => ({ kind: 'remote', store, bucket: path, prefix: '', cacheFolder: temporaryFolder() }) as const;
    expect(await query(source(), 'select count(*)::int from results')).toEqual([[3]]);
    expect(reads).toBe(2);
    damagedReads = Infinity;
    const opening = openResults(source());
    await expect(opening).rejects.toBeInstanceOf(DamagedPart);
    await expect(opening).rejects.toThrow(
      /^\S+ is damaged: its bytes do not match the checksum in its name; restore it, or move it out of the store$/,
    );
  });
});

import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDiskCache } from '../../gallery/server/thumbnails/disk-cache.ts';
import { openResults } from '../../results/open/open-results.ts';
import { openSimilarity } from '../../results/similar/search/open-similarity.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import { canMount, makeReadOnly, smallDisk } from '../support/full-disk.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { writePhotos } from '../support/photos.ts';
import { classifiedRow } from '../support/result-rows.ts';
import { failureOf, runCommand } from '../support/run-command.ts';
import { storeOf } from '../support/stores.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const count = ['--sql', 'select count(*)::int as images from results', '--json'];
const embedding = Float32Array.from({ length: 1024 }, (_, index) => Math.sin(index));

/** A store of parts with one image each. */
function storeOfParts(parts: number): Promise<string> {
  return storeOf(...Array.from({ length: parts }, (_, index) => [classifiedRow(`${index}.jpg`, { embedding })]));
}

describe.skipIf(!canMount)('a full disk', () => {
  it('under the store of a run is named, with its path', async () => {
    const disk = smallDisk(4096);
    const drop = join(temporaryFolder(), 'drop');
    await writePhotos(drop, 8);
    const store = join(disk, 'store');
    const text = await failureOf(['run', drop, '--model', await makeTinyModel(), '--store', store]);
    expect(text).toMatch(new RegExp(`^${store}/results/.*\\.parquet cannot be written: the disk is full \\(ENOSPC\\)`));
    expect(text).not.toContain('.partial');
  });

  it.each(['csv', 'parquet'])(
    'under --out of results is named by the path that the user gave, for %s',
    async (format) => {
      const disk = smallDisk(0);
      const out = join(disk, `all.${format}`);
      const text = await failureOf(['results', '--store', await storeOfParts(3), '--out', out]);
      expect(text).toBe(`${out} cannot be written: the disk is full (ENOSPC): free space on it`);
      expect(await readdir(disk)).toEqual(['filler']);
    },
  );

  it('under a new model is named by the path that the user gave', async () => {
    const out = join(smallDisk(0), 'model');
    const text = await failureOf(['model', 'optimize', await makeTinyModel(), '--out', out]);
    expect(text).toContain(`${out} cannot be written: the disk is full (ENOSPC)`);
  });

  it('under a compaction is named, and no part is lost', async () => {
    const disk = smallDisk(600_000);
    const store = join(disk, 'store');
    await mkdir(store);
    const drop = join(temporaryFolder(), 'drop');
    await writePhotos(drop, 4);
    const model = await makeTinyModel();
    for (const job of ['a', 'b']) await runCommand(['run', drop, '--model', model, '--store', store, '--job', job]);
    const before = await runCommand(['results', '--store', store, ...count]);
    await writeFile(join(disk, 'more'), new Uint8Array(4 * 2 ** 20)).catch(() => {}); // fills the disk
    const { code, stderr } = await runCommand(['compact', '--store', store]);
    const problem = `inception-batch: ${store} cannot be written: the disk is full (ENOSPC): free space on it\n`;
    expect({ code, stderr }).toEqual({ code: 1, stderr: problem });
    expect(await runCommand(['results', '--store', store, ...count])).toEqual(before);
  });

  it('of temporary files is named', async () => {
    const disk = smallDisk(0);
    const store = await storeOfParts(1);
    const { code, stderr } = await runCommand(['results', '--store', store, ...count], { TMPDIR: disk });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(disk) });
    expect(stderr).toContain('the disk is full (ENOSPC)');
    expect(await readdir(disk)).toEqual(['filler']);
  });
});

describe.skipIf(!canMount).each([
  ['full', (_disk: string) => {}],
  ['read-only', makeReadOnly],
])('a cache folder on a %s disk', (_name, spoil) => {
  it('keeps no thumbnails, and is reported once', async () => {
    const disk = smallDisk(0);
    spoil(disk);
    const faults: unknown[] = [];
    const cache = await openDiskCache(join(disk, 'thumbnails'), 2 ** 20, (error) => faults.push(error));
    for (const name of ['a', 'b']) {
      await cache.put(name, new Uint8Array(100_000));
      expect(await cache.get(name)).toBeUndefined();
    }
    expect(faults).toHaveLength(1);
  });

  it('gives the same results, read part by part', async () => {
    const disk = smallDisk(0);
    spoil(disk);
    const store = await storeOfParts(40);
    const { code, stdout, stderr } = await runCommand(['results', '--store', store, ...count], {
      XDG_CACHE_HOME: disk,
    });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '{"images":40}\n', stderr: '' });
  });
});

describe.skipIf(!canMount)('a full cache disk', () => {
  it('keeps the newest thumbnails in place of the oldest', async () => {
    const disk = smallDisk(120_000);
    const faults: unknown[] = [];
    const cache = await openDiskCache(join(disk, 'thumbnails'), 2 ** 23, (error) => faults.push(error));
    for (const name of ['old', 'new']) await cache.put(name, new Uint8Array(80_000));
    expect(await cache.get('old')).toBeUndefined();
    expect((await cache.get('new'))?.byteLength).toBe(80_000);
    expect(faults).toEqual([]);
  });

  it('is named by results of a bucket, whose parts must be copied to it', async () => {
    const [disk, bucket] = [smallDisk(0), await storeOfParts(2)];
    const cacheFolder = join(disk, 'parts');
    const source = { kind: 'remote', store: new FolderStore(), bucket, prefix: '', cacheFolder } as const;
    await expect(openResults(source)).rejects.toThrow(
      new RegExp(`^the cache folder ${disk}/parts/\\w+ cannot be written: the disk is full .*, or set XDG_CACHE_HOME$`),
    );
  });

  it('is named by similar, which compares each image instead of using an index', async () => {
    const disk = smallDisk(8192);
    const results = await openResults({ kind: 'folder', path: await storeOfParts(12) });
    const lines: string[] = [];
    const options = {
      cacheFolder: disk,
      storeName: 'store',
      exactUpTo: 5,
      onDamage: (line: string) => lines.push(line),
    };
    try {
      const similarity = await openSimilarity(results, options);
      expect(similarity.how).toBe('exact');
      expect(await similarity.nearest(embedding, { limit: 3 })).toHaveLength(3);
      expect(lines).toEqual([expect.stringMatching(new RegExp(`^the index cannot be stored in ${disk}: .*disk`))]);
    } finally {
      await results.close();
    }
  });
});

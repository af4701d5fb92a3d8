import { execFile } from 'node:child_process';
import { readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { openResults } from '../../../../results/open/open-results.ts';
import type { IndexProgress } from '../../../../results/similar/index/sync-index.ts';
import { openSimilarity } from '../../../../results/similar/search/open-similarity.ts';
import { cosineOf, embeddedRows, embeddingFor, nearestRows } from '../../../support/embedded-rows.ts';
import { similarityIn } from '../../../support/open-similarity.ts';
import { deletedRow } from '../../../support/result-rows.ts';
import { appendTo, storeOf } from '../../../support/stores.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const rows = embeddedRows(0, 400);

/** Opens the index of a store in shards of 120. @returns also the images added and the damage reported */
async function openIndexOf(path: string, cacheFolder: string, stop?: AbortSignal) {
  const progress: IndexProgress[] = [];
  const damage: string[] = [];
  const similarity = await similarityIn(path, {
    cacheFolder,
    exactUpTo: 0,
    shardCapacity: 120,
    onProgress: (now) => progress.push(now),
    onDamage: (line) => damage.push(line),
    stop,
  });
  return { similarity, added: progress.at(-1)?.done ?? 0, damage };
}

const base = temporaryFolder();
const path = join(base, 'store');
const built = join(base, 'cache');

await appendTo(path, [rows]);
const results = await openResults({ kind: 'folder', path });
try {
  const options = { cacheFolder: built, storeName: path, exactUpTo: 0, shardCapacity: 120 };
  await (await openSimilarity(results, options)).close();
} finally {
  await results.close();
}

/** A copy of the index of the store in `path`, with the times of its files. */
async function builtIndex(): Promise<string> {
  const cacheFolder = join(temporaryFolder(), 'cache');
  await promisify(execFile)('cp', ['-pR', built, cacheFolder]);
  return cacheFolder;
}

async function indexFolder(cacheFolder: string): Promise<string> {
  const [name = ''] = await readdir(cacheFolder);
  return join(cacheFolder, name);
}

async function shardsIn(cacheFolder: string): Promise<{ name: string; images: number }[]> {
  return JSON.parse(await readFile(join(await indexFolder(cacheFolder), 'index.json'), 'utf8')).shards;
}

/** Expects nearly all nearest neighbors: an index is built on several threads and may miss some, but not a shard. */
async function expectNearest({ similarity }: Awaited<ReturnType<typeof openIndexOf>>, among = rows): Promise<void> {
  const embeddings = new Map(among.map((row) => [row.image_id, row.embedding]));
  let found = 0;
  for (const number of [1, 119, 121, 250, 398]) {
    const nearest = new Set(nearestRows(among, embeddingFor(number), 5).map(({ image_id }) => image_id));
    for (const { image_id, similarity: approximate } of await similarity.nearest(embeddingFor(number), { limit: 5 })) {
      if (nearest.has(image_id)) found += 1;
      const embedding = embeddings.get(image_id) ?? new Float32Array(16);
      expect(approximate).toBeCloseTo(cosineOf(embedding, embeddingFor(number)), 2);
    }
  }
  expect(found).toBeGreaterThanOrEqual(22);
}

describe('an index', () => {
  it('is built once, in shards', async () => {
    const cacheFolder = temporaryFolder();
    const first = await openIndexOf(path, cacheFolder);
    expect(first.added).toBe(400);
    expect((await shardsIn(cacheFolder)).map(({ images }) => images)).toEqual([120, 120, 120, 40]);
    await expectNearest(first);
    const again = await openIndexOf(path, cacheFolder);
    expect(again).toMatchObject({ added: 0, damage: [] });
    await expectNearest(again);
  });

  it('is extended by new images, and keeps full shards', async () => {
    const [path, cacheFolder] = [await storeOf(rows.slice(0, 260)), temporaryFolder()];
    await openIndexOf(path, cacheFolder);
    const before = await shardsIn(cacheFolder);
    await appendTo(path, [rows.slice(240)]);
    const extended = await openIndexOf(path, cacheFolder);
    expect(extended.added).toBe(140);
    expect((await shardsIn(cacheFolder)).slice(0, 2)).toEqual(before.slice(0, 2));
    expect(extended.similarity.images).toBe(400);
    await expectNearest(extended);
  });

  it('is still valid after parts are compacted', async () => {
    const cacheFolder = temporaryFolder();
    const path = await storeOf(...[0, 1, 2, 3].map((part) => rows.slice(part * 100, (part + 1) * 100)));
    await openIndexOf(path, cacheFolder);
    await rm(join(path, 'results'), { recursive: true });
    await appendTo(path, [rows.toReversed()]);
    const compacted = await openIndexOf(path, cacheFolder);
    expect(compacted.added).toBe(0);
    await expectNearest(compacted);
  });

  it('omits images deleted since, and still finds as many as requested', async () => {
    const [path, cacheFolder] = [await storeOf(rows), temporaryFolder()];
    await openIndexOf(path, cacheFolder);
    const gone = nearestRows(rows, embeddingFor(1), 100).map(({ image_id }) => image_id);
    await appendTo(path, [gone.map((id) => deletedRow(id.slice('drop/'.length, -'@e1'.length)))]);
    const left = rows.filter(({ image_id }) => !gone.includes(image_id));
    const opened = await openIndexOf(path, cacheFolder);
    expect(opened).toMatchObject({ added: 0, similarity: { images: 300 } });
    await expectNearest(opened, left);
  });

  it('continues after it was stopped', async () => {
    const cacheFolder = temporaryFolder();
    const controller = new AbortController();
    await expect(
      similarityIn(path, {
        cacheFolder,
        exactUpTo: 0,
        shardCapacity: 120,
        stop: controller.signal,
        onProgress: ({ done }) => done >= 120 && controller.abort(),
      }),
    ).rejects.toThrow('stopped before every image was indexed; the next search continues from here');
    const done = (await shardsIn(cacheFolder)).reduce((sum, { images }) => sum + images, 0);
    expect(done).toBeGreaterThanOrEqual(120);
    expect(done).toBeLessThan(400);
    const opened = await openIndexOf(path, cacheFolder);
    expect(opened.added).toBe(400 - done);
    await expectNearest(opened);
  });

  it('is valid for two processes that build it at once, and for the next', async () => {
    const cacheFolder = temporaryFolder();
    const both = await Promise.all([openIndexOf(path, cacheFolder), openIndexOf(path, cacheFolder)]);
    for (const one of both) await expectNearest(one);
    const next = await openIndexOf(path, cacheFolder);
    expect(next.damage).toEqual([]);
    await expectNearest(next);
  });

  it('ignores files of a killed process, and removes them after an hour', async () => {
    const [path, cacheFolder] = [await storeOf(rows.slice(0, 360)), temporaryFolder()];
    await openIndexOf(path, cacheFolder);
    const folder = await indexFolder(cacheFolder);
    for (const name of ['old', 'new']) await writeFile(join(folder, name), 'half a shard');
    await utimes(join(folder, 'old'), 0, 0);
    await appendTo(path, [rows.slice(360)]);
    await expectNearest(await openIndexOf(path, cacheFolder));
    expect(await readdir(folder)).toContain('new');
    expect(await readdir(folder)).not.toContain('old');
  });

  it('is opened again if its shards were replaced and removed', async () => {
    const cacheFolder = await builtIndex();
    const opened = await openIndexOf(path, cacheFolder);
    const folder = await indexFolder(cacheFolder);
    for (const { name } of await shardsIn(cacheFolder)) await rm(join(folder, name), { recursive: true });
    await expectNearest(opened);
  });

  it('that cannot be stored is reported with its folder, and each image is compared instead', async () => {
    const file = join(temporaryFolder(), 'file');
    await writeFile(file, '');
    const { similarity, damage } = await openIndexOf(await storeOf(rows.slice(0, 5)), join(file, 'cache'));
    expect(similarity).toMatchObject({ how: 'exact', images: 5 });
    expect(damage).toEqual([expect.stringContaining(`the index cannot be stored in ${join(file, 'cache')}: ENOTDIR`)]);
  });
});

describe('a damaged index', () => {
  const cases: [string, (folder: string, shard: string) => Promise<void>, RegExp, number][] = [
    [
      'half a file of vectors',
      (_, shard) => truncate(join(shard, 'vectors.usearch'), 4000),
      /was changed: indexing the 120 images of that shard again/,
      120,
    ],
    [
      'no ids',
      (_, shard) => rm(join(shard, 'images.parquet')),
      /images.parquet is missing: indexing the 120 images/,
      120,
    ],
    ['other bytes', (_, shard) => writeFile(join(shard, 'images.parquet'), 'no'), /images.parquet was changed/, 120],
    ['no list of shards', (folder) => writeFile(join(folder, 'index.json'), '{"'), /index.json is damaged \(.+\)/, 400],
  ];
  it.each(cases)('with %s is reported in one line and built again', async (_, damageIndex, line, added) => {
    const cacheFolder = await builtIndex();
    const folder = await indexFolder(cacheFolder);
    const [shard] = await shardsIn(cacheFolder);
    await damageIndex(folder, join(folder, shard?.name ?? ''));
    const rebuilt = await openIndexOf(path, cacheFolder);
    expect(rebuilt.damage).toEqual([expect.stringMatching(line)]);
    expect(rebuilt.added).toBe(added);
    await expectNearest(rebuilt);
    expect(await openIndexOf(path, cacheFolder)).toMatchObject({ added: 0, damage: [] });
  });

  it('is built again if its vectors have the right size and time but are not an index', async () => {
    const cacheFolder = await builtIndex();
    const folder = await indexFolder(cacheFolder);
    const [shard] = await shardsIn(cacheFolder);
    const vectors = join(folder, shard?.name ?? '', 'vectors.usearch');
    const { mtime, size } = await stat(vectors);
    await writeFile(vectors, Buffer.alloc(size));
    await utimes(vectors, mtime, mtime);
    const rebuilt = await openIndexOf(path, cacheFolder);
    expect(rebuilt.damage).toHaveLength(1);
    await expectNearest(rebuilt);
  });
});

import { readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { IndexProgress } from '../../../query/similar/sync-index.ts';
import { embeddedRows, embeddingFor, nearestRows } from '../../support/embedded-rows.ts';
import { similarityIn } from '../../support/open-similarity.ts';
import { deletedRow } from '../../support/result-rows.ts';
import { appendTo, storeOf } from '../../support/stores.ts';
import { testFolder } from '../../support/test-folder.ts';

const rows = embeddedRows(0, 1000);

/** Opens the index of a store in shards of 300, and tells what was added to it and what was said. */
async function openIndexOf(path: string, cacheFolder: string, stop?: AbortSignal) {
  const progress: IndexProgress[] = [];
  const said: string[] = [];
  const similarity = await similarityIn(path, {
    cacheFolder,
    exactUpTo: 0,
    shardCapacity: 300,
    onProgress: (now) => progress.push(now),
    onDamage: (line) => said.push(line),
    stop,
  });
  return { similarity, added: progress.at(-1)?.done ?? 0, said };
}

async function indexFolder(cacheFolder: string): Promise<string> {
  const [name = ''] = await readdir(cacheFolder);
  return join(cacheFolder, name);
}

async function shardsIn(cacheFolder: string): Promise<{ name: string; images: number }[]> {
  return JSON.parse(await readFile(join(await indexFolder(cacheFolder), 'index.json'), 'utf8')).shards;
}

async function expectRight({ similarity }: Awaited<ReturnType<typeof openIndexOf>>, among = rows): Promise<void> {
  for (const number of [1, 299, 301, 998]) {
    const hits = await similarity.nearest(embeddingFor(number), { limit: 5 });
    expect(hits.map(({ image_id }) => image_id)).toEqual(
      nearestRows(among, embeddingFor(number), 5).map(({ image_id }) => image_id),
    );
  }
}

describe('an index that is kept', () => {
  it('is built once, in shards', async () => {
    const [path, cacheFolder] = [await storeOf(rows), await testFolder()];
    const first = await openIndexOf(path, cacheFolder);
    expect(first.added).toBe(1000);
    expect((await shardsIn(cacheFolder)).map(({ images }) => images)).toEqual([300, 300, 300, 100]);
    await expectRight(first);
    const again = await openIndexOf(path, cacheFolder);
    expect(again).toMatchObject({ added: 0, said: [] });
    await expectRight(again);
  });

  it('is completed by new images alone, and leaves full shards as they are', async () => {
    const [path, cacheFolder] = [await storeOf(rows.slice(0, 650)), await testFolder()];
    await openIndexOf(path, cacheFolder);
    const before = await shardsIn(cacheFolder);
    await appendTo(path, [rows.slice(600)]);
    const completed = await openIndexOf(path, cacheFolder);
    expect(completed.added).toBe(350);
    expect((await shardsIn(cacheFolder)).slice(0, 2)).toEqual(before.slice(0, 2));
    expect(completed.similarity.images).toBe(1000);
    await expectRight(completed);
  });

  it('stays right when parts are compacted: what counts are the images', async () => {
    const cacheFolder = await testFolder();
    const path = await storeOf(...rows.map((_, index) => rows.slice(index * 100, (index + 1) * 100)).slice(0, 10));
    await openIndexOf(path, cacheFolder);
    await rm(join(path, 'results'), { recursive: true });
    await appendTo(path, [rows.toReversed()]);
    const compacted = await openIndexOf(path, cacheFolder);
    expect(compacted.added).toBe(0);
    await expectRight(compacted);
  });

  it('gives no image that was deleted since, and as many others as were asked for', async () => {
    const [path, cacheFolder] = [await storeOf(rows), await testFolder()];
    await openIndexOf(path, cacheFolder);
    const gone = nearestRows(rows, embeddingFor(1), 200).map(({ image_id }) => image_id);
    await appendTo(path, [gone.map((id) => deletedRow(id.slice('drop/'.length, -'@e1'.length)))]);
    const left = rows.filter(({ image_id }) => !gone.includes(image_id));
    const opened = await openIndexOf(path, cacheFolder);
    expect(opened).toMatchObject({ added: 0, similarity: { images: 800 } });
    await expectRight(opened, left);
  });

  it('goes on where it was stopped', async () => {
    const [path, cacheFolder] = [await storeOf(rows), await testFolder()];
    const controller = new AbortController();
    await expect(
      similarityIn(path, {
        cacheFolder,
        exactUpTo: 0,
        shardCapacity: 300,
        stop: controller.signal,
        onProgress: ({ done }) => done >= 300 && controller.abort(),
      }),
    ).rejects.toThrow('stopped before every image was indexed: the next search goes on from there');
    const done = (await shardsIn(cacheFolder)).reduce((sum, { images }) => sum + images, 0);
    expect(done).toBeGreaterThanOrEqual(300);
    expect(done).toBeLessThan(1000);
    const opened = await openIndexOf(path, cacheFolder);
    expect(opened.added).toBe(1000 - done);
    await expectRight(opened);
  });

  it('is right for both of two that build it at once, and for the next', async () => {
    const [path, cacheFolder] = [await storeOf(rows), await testFolder()];
    const both = await Promise.all([openIndexOf(path, cacheFolder), openIndexOf(path, cacheFolder)]);
    for (const one of both) await expectRight(one);
    const next = await openIndexOf(path, cacheFolder);
    expect(next.said).toEqual([]);
    await expectRight(next);
  });

  it('does without what a killed process left behind, and removes it after an hour', async () => {
    const [path, cacheFolder] = [await storeOf(rows.slice(0, 900)), await testFolder()];
    await openIndexOf(path, cacheFolder);
    const folder = await indexFolder(cacheFolder);
    for (const name of ['old', 'new']) await writeFile(join(folder, name), 'half a shard');
    await utimes(join(folder, 'old'), 0, 0);
    await appendTo(path, [rows.slice(900)]);
    await expectRight(await openIndexOf(path, cacheFolder));
    expect(await readdir(folder)).toContain('new');
    expect(await readdir(folder)).not.toContain('old');
  });

  it('still answers whoever has it open when what they have open was replaced and removed', async () => {
    const [path, cacheFolder] = [await storeOf(rows), await testFolder()];
    const opened = await openIndexOf(path, cacheFolder);
    const folder = await indexFolder(cacheFolder);
    for (const { name } of await shardsIn(cacheFolder)) await rm(join(folder, name), { recursive: true });
    await expectRight(opened);
  });

  it('says where it cannot be kept', async () => {
    const file = join(await testFolder(), 'file');
    await writeFile(file, '');
    await expect(openIndexOf(await storeOf(rows.slice(0, 5)), join(file, 'cache'))).rejects.toThrow(
      `no index can be kept in ${join(file, 'cache')}: ENOTDIR`,
    );
  });
});

describe('a damaged index', () => {
  const cases: [string, (folder: string, shard: string) => Promise<void>, RegExp, number][] = [
    [
      'half a file of vectors',
      (_, shard) => truncate(join(shard, 'vectors.usearch'), 4000),
      /was changed: the 300/,
      300,
    ],
    ['no ids', (_, shard) => rm(join(shard, 'images.parquet')), /images.parquet is missing: the 300 images/, 300],
    ['other bytes', (_, shard) => writeFile(join(shard, 'images.parquet'), 'no'), /images.parquet was changed/, 300],
    [
      'no list of shards',
      (folder) => writeFile(join(folder, 'index.json'), '{"'),
      /index.json is damaged \(.+\)/,
      1000,
    ],
  ];
  it.each(cases)('with %s says so in one line and is built again', async (_, damage, line, again) => {
    const [path, cacheFolder] = [await storeOf(rows), await testFolder()];
    await openIndexOf(path, cacheFolder);
    const folder = await indexFolder(cacheFolder);
    const [shard] = await shardsIn(cacheFolder);
    await damage(folder, join(folder, shard?.name ?? ''));
    const rebuilt = await openIndexOf(path, cacheFolder);
    expect(rebuilt.said).toEqual([expect.stringMatching(line)]);
    expect(rebuilt.added).toBe(again);
    await expectRight(rebuilt);
    expect(await openIndexOf(path, cacheFolder)).toMatchObject({ added: 0, said: [] });
  });

  it('whose vectors are sound by size and time but no index is built again too', async () => {
    const [path, cacheFolder] = [await storeOf(rows), await testFolder()];
    await openIndexOf(path, cacheFolder);
    const folder = await indexFolder(cacheFolder);
    const [shard] = await shardsIn(cacheFolder);
    const vectors = join(folder, shard?.name ?? '', 'vectors.usearch');
    const { mtime, size } = await stat(vectors);
    await writeFile(vectors, Buffer.alloc(size));
    await utimes(vectors, mtime, mtime);
    const rebuilt = await openIndexOf(path, cacheFolder);
    expect(rebuilt.said).toHaveLength(1);
    await expectRight(rebuilt);
  });
});

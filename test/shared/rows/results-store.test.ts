import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { asyncBufferFromFile } from 'hyparquet/src/node.js';
import { expect, it } from 'vitest';
import { listRegionParts, ResultsStore } from '../../../shared/rows/results-store.ts';
import { isPipelineOutput } from '../../../shared/stores/keys.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import type { ListedObject } from '../../../shared/stores/ports.ts';
import { classifiedRow, rejectedRow, storedRegion } from '../../support/result-rows.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function all(parts: AsyncIterable<ListedObject>): Promise<string[]> {
  const keys: string[] = [];
  for await (const part of parts) keys.push(part.key);
  return keys;
}

it('writes the rows of one append as one part under the day and a unique name', async () => {
  const bucket = temporaryFolder();
  const store = new ResultsStore(
    new FolderStore(),
    { bucket, prefix: 'team' },
    { now: () => new Date('2026-03-01T10:00:02.500Z'), uniqueId: () => 'u1' },
  );
  await store.append([classifiedRow('a.jpg'), rejectedRow('b.txt')]);
  const keys = await all(store.parts());
  expect(keys).toEqual([
    expect.stringMatching(/^team\/results\/date=2026-03-01\/20260301T100002500Z-u1\.[0-9a-f]{8}\.parquet$/),
  ]);
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(join(bucket, keys[0] ?? '')) });
  expect(rows.map(({ key, status }) => [key, status])).toEqual([
    ['a.jpg', 'classified'],
    ['b.txt', 'rejected'],
  ]);
});

it('writes nothing for no rows', async () => {
  const bucket = temporaryFolder();
  await new ResultsStore(new FolderStore(), { bucket, prefix: '' }).append([]);
  expect(await readdir(bucket)).toEqual([]);
});

it('splits many rows into several parts and loses none', async () => {
  const bucket = temporaryFolder();
  const store = new ResultsStore(new FolderStore(), { bucket, prefix: '' }, { rowsPerPart: 4 });
  await store.append(Array.from({ length: 10 }, (_, index) => rejectedRow(`${index}`)));
  const keys = await all(store.parts());
  expect(keys).toHaveLength(3);
  const parts = await Promise.all(
    keys.map(async (key) => parquetReadObjects({ file: await asyncBufferFromFile(join(bucket, key)) })),
  );
  expect(parts.map((rows) => rows.length).toSorted()).toEqual([2, 4, 4]);
  expect(
    parts
      .flat()
      .map((row) => Number(row['key']))
      .toSorted(),
  ).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

it('gives writers that flush at the same time different parts', async () => {
  const bucket = temporaryFolder();
  const now = () => new Date('2026-03-01T10:00:00Z');
  const writers = Array.from(
    { length: 20 },
    () => new ResultsStore(new FolderStore(), { bucket, prefix: '' }, { now }),
  );
  await Promise.all(writers.map((writer, index) => writer.append([rejectedRow(`${index}`)])));
  const [first] = writers;
  expect(first && (await all(first.parts()))).toHaveLength(20);
});

const readPart = async (bucket: string, key: string) =>
  parquetReadObjects({ file: await asyncBufferFromFile(join(bucket, key)) });

it('writes the embeddings of regions as parts of their own, before the rows', async () => {
  const bucket = temporaryFolder();
  const written: string[] = [];
  class RecordingStore extends FolderStore {
    override async write(...[address, bytes]: Parameters<FolderStore['write']>): Promise<void> {
      written.push(address.key);
      return super.write(address, bytes);
    }
  }
  const location = { bucket, prefix: 'team' };
  const results = new ResultsStore(new RecordingStore(), location, {
    now: () => new Date('2026-03-01T10:00:02.500Z'),
    uniqueId: () => 'u1',
    rowsPerPart: 2,
  });
  const regions = [1, 2, 3].map((x) => storedRegion({ x, embedding: Float32Array.of(x, 0.5) }));
  await results.append([
    classifiedRow('a.jpg', { regions }),
    rejectedRow('b.txt'),
    classifiedRow('c.jpg', { regions: [] }),
    classifiedRow('d.jpg'),
  ]);
  expect(written).toEqual([
    expect.stringMatching(/^team\/regions\/date=2026-03-01\/20260301T100002500Z-u1\.[0-9a-f]{8}\.parquet$/),
    expect.stringMatching(/^team\/regions\//),
    expect.stringMatching(/^team\/results\//),
    expect.stringMatching(/^team\/results\//),
  ]);
  expect(written.every((key) => isPipelineOutput({ bucket, key }, [location]))).toBe(true);
  const keys = await all(listRegionParts(new FolderStore(), location));
  expect(keys.toSorted()).toEqual(written.slice(0, 2).toSorted());
  const rows = await Promise.all(written.slice(0, 2).map((key) => readPart(bucket, key)));
  const { image_id, model, preprocess, classified_at } = classifiedRow('a.jpg');
  expect(rows.flat().map((row) => ({ ...row, embedding: Array.from(Object(row['embedding'])) }))).toEqual(
    regions.map(({ x, y, width, height, label_id, label }, index) => ({
      ...{ image_id, model, preprocess, region: index + 1 },
      ...{ x, y, width, height, label_id, label, classified_at, embedding: [x, 0.5] },
    })),
  );
});

import { readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lightColumns } from '../../../results/open/light-files.ts';
import { openResults } from '../../../results/open/open-results.ts';
import { lightFolder, partsOf, type ResultsSource } from '../../../results/open/parts.ts';
import { encodeRows } from '../../../shared/rows/parquet.ts';
import { ResultsStore } from '../../../shared/rows/results-store.ts';
import type { ResultRow } from '../../../shared/rows/row.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import { folderStoreWith } from '../../support/folder-store-with.ts';
import { classifiedRow, deletedRow, rejectedRow } from '../../support/result-rows.ts';
import { appendTo, query, rowsOf } from '../../support/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function light(source: ResultsSource, sql: string) {
  const results = await openResults(source, { embeddings: false });
  onTestFinished(() => results.close());
  return rowsOf(results, sql);
}

const everything = `select ${lightColumns.join(', ')} from results order by all`;

/** Parts with every kind of row: repeated, of two models, unreadable, deleted, uploaded again. */
function manyParts(count: number): ResultRow[][] {
  return Array.from({ length: count }, (_, part) => [
    classifiedRow(`${part % 30}.jpg`, { classified_at: new Date(Date.UTC(2026, 2, 1, part)) }),
    classifiedRow(`${part}.jpg`, { model: 'other@1' }),
    rejectedRow(`${part % 7}.jpg`, { reason: 'object_gone' }),
    ...(part % 5 === 0 ? [deletedRow(`${part % 20}.jpg`)] : []),
  ]);
}

describe('results without embeddings', () => {
  it('equal those with embeddings except for that column, from parts and from merged files', async () => {
    const path = temporaryFolder();
    const source = { kind: 'folder', path, cacheFolder: temporaryFolder() } as const;
    const mergedFiles: number[] = [];
    // Few parts are read directly, many are merged; eight merged files become one with the next parts, and are removed later.
    for (const more of [3, 40, 5, ...Array.from({ length: 9 }, () => 35)]) {
      await appendTo(path, manyParts(more));
      const found = await light(source, everything);
      if (mergedFiles.length < 4 || mergedFiles.length > 9) expect(found).toEqual(await query(source, everything));
      const names = await readdir(lightFolder(source) ?? '').catch(() => []);
      mergedFiles.push(names.filter((name) => name.endsWith('.parquet')).length);
    }
    expect(mergedFiles).toEqual([0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(await light(source, "select column_name from (describe results) where column_name = 'embedding'")).toEqual(
      [],
    );
  });

  it('are merged again after parts were removed, or a process was killed while merging', async () => {
    const path = temporaryFolder();
    const source = { kind: 'folder', path, cacheFolder: temporaryFolder() } as const;
    const folder = lightFolder(source) ?? '';
    await appendTo(path, manyParts(40));
    const before = await light(source, everything);
    const covers = async () => (await readdir(folder)).filter((name) => name.endsWith('.json'));
    const [cover = ''] = await covers();
    const text = await readFile(join(folder, cover), 'utf8');
    for (const damaged of ['{"columns":[', text.replace('"image_id"', '"id_of_image"')]) {
      await writeFile(join(folder, cover), damaged);
      const started = (await covers()).length;
      expect(await light(source, everything)).toEqual(before);
      expect(await covers()).toHaveLength(started + 1);
      for (const name of (await readdir(folder)).filter((file) => !file.startsWith(cover.slice(0, 36)))) {
        await rm(join(folder, name), { recursive: true });
      }
    }
    const [part] = await partsOf(source);
    await new FolderStore().remove(part?.address ?? { bucket: '', key: '' });
    expect(await light(source, everything)).toEqual(await query(source, everything));
    // Unused files are kept for an hour, because another process may read them.
    const long = new Date(Date.now() - 2 * 3_600_000);
    for (const name of await readdir(folder)) await utimes(join(folder, name), long, long);
    await light(source, everything);
    expect(await covers()).toHaveLength(1);
  });

  it('are merged again if a merged file is damaged', async () => {
    const path = temporaryFolder();
    const source = { kind: 'folder', path, cacheFolder: temporaryFolder() } as const;
    const folder = lightFolder(source) ?? '';
    await appendTo(path, manyParts(40));
    const before = await light(source, everything);
    const [file = ''] = (await readdir(folder)).filter((name) => name.endsWith('.parquet'));
    await truncate(join(folder, file), 500);
    expect(await light(source, everything)).toEqual(before);
  });

  it('name a damaged part among many', async () => {
    const path = temporaryFolder();
    await appendTo(path, manyParts(40));
    await writeFile(join(path, 'results', 'bad.parquet'), 'text');
    const source = { kind: 'folder', path, cacheFolder: temporaryFolder() } as const;
    await expect(light(source, everything)).rejects.toThrow('bad.parquet is damaged');
  });

  it('are fetched from a bucket without the bytes of the embeddings', async () => {
    const bucket = temporaryFolder();
    const folder = new FolderStore();
    const numbers = Float32Array.from({ length: 1024 * 1000 }, Math.random);
    const rows = Array.from({ length: 1000 }, (_, index) =>
      classifiedRow(`${index}.jpg`, { embedding: numbers.subarray(1024 * index, 1024 * (index + 1)) }),
    );
    const bytes = encodeRows([...rows, rejectedRow('b.txt')]);
    await folder.write({ bucket, key: 'results/one.parquet' }, bytes);
    await new ResultsStore(folder, { bucket, prefix: '' }).append([rejectedRow('small.txt')]);
    let fetched = 0;
    const counting = folderStoreWith({
      read: () => Promise.reject(new Error('no part is read completely')),
      async readRange(address, range) {
        fetched += range.length;
        return folder.readRange(address, range);
      },
    });
    const source = { kind: 'remote', store: counting, bucket, prefix: '', cacheFolder: temporaryFolder() } as const;
    const whole = { kind: 'folder', path: bucket } as const;
    expect(await light(source, everything)).toEqual(await query(whole, everything));
    expect(fetched).toBeLessThan(bytes.byteLength / 10);
    const once = fetched;
    expect(await light(source, 'select count(*)::int from results')).toEqual([[1002]]);
    expect(fetched).toBe(once);
    // A query with embeddings fetches them.
    const reading = { ...counting, read: folder.read.bind(folder) };
    const sums = 'select round(sum(list_sum(embedding)), 3) from results';
    expect(await query({ ...source, store: reading }, sums)).toEqual(await query(whole, sums));
  });
});

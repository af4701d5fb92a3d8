import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { openResults } from '../../../results/open/open-results.ts';
import { lightFolder } from '../../../results/open/parts.ts';
import { metadataKey } from '../../../shared/rows/file-metadata.ts';
import { classifiedRow } from '../../support/result-rows.ts';
import { appendTo, opened, query, rowsOf, storeOf } from '../../support/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Copies the only part of a store, with other metadata and columns. */
async function writePart(store: string, metadata: string | undefined, select = '*'): Promise<string> {
  const path = join(store, 'results/date=2026-03-02/other.parquet');
  await mkdir(dirname(path), { recursive: true });
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const option = metadata === undefined ? '' : `, kv_metadata {${metadataKey}: '${metadata}'}`;
  await connection.run(
    `copy (select ${select} replace ('drop/b.jpg@e1' as image_id, 'b.jpg' as key)
       from read_parquet('${store}/results/date=2026-03-01/*.parquet', hive_partitioning = false))
     to '${path}' (format parquet${option})`,
  );
  connection.closeSync();
  instance.closeSync();
  return path;
}

const later = JSON.stringify({ description: 'of a later version', format: 3 });
const keys = 'select key from results order by key';

describe('the format of a part', () => {
  it.each([
    ['missing, as in earlier versions', undefined],
    ['1', '{"format":1}'],
    ['2', '{"format":2}'],
    ['of another program', '{"format":"x"}'],
    ['not JSON', 'text'],
  ])('is read if it is %s', async (_, metadata) => {
    const store = await storeOf([classifiedRow('a.jpg')]);
    await writePart(store, metadata);
    expect(await query(store, keys)).toEqual([['a.jpg'], ['b.jpg']]);
  });

  it.each([
    ['with the embeddings', true],
    ['without them', false],
  ])('is explained in one line if a later version wrote it, opened %s', async (_, embeddings) => {
    const store = await storeOf([classifiedRow('a.jpg')]);
    const path = await writePart(store, later);
    await expect(openResults({ kind: 'folder', path: store }, { embeddings })).rejects.toThrow(
      `${path} has format 3, and this version of inception-batch reads up to 2: install the version that wrote it, or`,
    );
  });

  it('is explained before columns that this version does not know', async () => {
    const store = await storeOf([classifiedRow('a.jpg')]);
    const path = await writePart(store, later, '* exclude (status)');
    await expect(openResults({ kind: 'folder', path: store })).rejects.toThrow(`${path} has format 3`);
  });

  it('is checked before many parts are merged, so that no merged file hides it', async () => {
    const store = temporaryFolder();
    await appendTo(
      store,
      Array.from({ length: 40 }, (_, index) => [classifiedRow(`${index}.jpg`)]),
    );
    const path = await writePart(store, later);
    const source = { kind: 'folder', path: store, cacheFolder: temporaryFolder() } as const;
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(openResults(source, { embeddings: false })).rejects.toThrow(`${path} has format 3`);
    }
    await expect(readdir(lightFolder(source) ?? '')).rejects.toThrow('ENOENT');
  });

  it('can be read from the file by anybody', async () => {
    const store = await storeOf([classifiedRow('a.jpg')]);
    const stated = await rowsOf(
      await opened(temporaryFolder()),
      `select decode(value) from parquet_kv_metadata('${store}/results/*/*.parquet') where key = '${metadataKey}'::blob`,
    );
    expect(stated).toEqual([[expect.stringMatching(/^\{"description":"Results of inception-batch: .*"format":1\}$/)]]);
  });
});

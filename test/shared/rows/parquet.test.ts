import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance, type JS } from '@duckdb/node-api';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, it, onTestFinished } from 'vitest';
import { metadataKey } from '../../../shared/rows/file-metadata.ts';
import { encodeEmptyPart, encodeRows } from '../../../shared/rows/parquet.ts';
import type { ResultRow } from '../../../shared/rows/row.ts';
import { columns } from '../../../shared/rows/schema.ts';
import { classifiedRow, deletedRow, rejectedRow, storedRegion } from '../../support/result-rows.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const absentUnlessClassified = {
  label: null,
  label_id: null,
  probability: null,
  top: null,
  embedding: null,
  width: null,
  height: null,
  format: null,
  provider: null,
  classified_at: null,
};

const regionless = Object.keys(columns).filter((name) => !['regions', 'proposals'].includes(name));

/** A row as readers return it: all columns of the file in its order, 64-bit integers as bigint. */
function asRead(row: ResultRow, _: number, rows: readonly ResultRow[]): Record<string, unknown> {
  const values: Record<string, unknown> =
    row.status === 'classified'
      ? { ...row, embedding: [...row.embedding], top: row.top.map((entry) => ({ ...entry })) }
      : { ...absentUnlessClassified, ...row };
  const regions = row.status === 'classified' ? row.regions : undefined;
  values['regions'] = regions?.map(({ embedding: _embedding, ...region }) => region) ?? null;
  values['proposals'] ??= null;
  values['bytes'] = row.bytes === null ? null : BigInt(row.bytes);
  const names = rows.some((other) => 'regions' in other) ? Object.keys(columns) : regionless;
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}

async function readByDuckDb(bytes: Uint8Array): Promise<Record<string, JS>[]> {
  const path = join(temporaryFolder(), 'rows.parquet');
  await writeFile(path, bytes);
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  onTestFinished(() => {
    connection.closeSync();
    instance.closeSync();
  });
  const reader = await connection.runAndReadAll(`select * from read_parquet('${path}')`);
  return reader.getRowObjectsJS();
}

async function readByHyparquet(bytes: Uint8Array): Promise<Record<string, unknown>[]> {
  const file = Uint8Array.from(bytes).buffer;
  const rows: Record<string, unknown>[] = await parquetReadObjects({ file });
  // This reader gives a null list as undefined, and numbers as a typed array.
  return rows.map(({ top, embedding, ...row }) => ({
    ...row,
    ...('regions' in row && { regions: row['regions'] ?? null }),
    top: top ?? null,
    embedding: embedding == null ? null : Array.from(Object(embedding)),
  }));
}

const readers = [
  { name: 'DuckDB', read: readByDuckDb },
  { name: 'hyparquet', read: readByHyparquet },
];

const cases: { readonly name: string; readonly rows: readonly ResultRow[] }[] = [
  { name: 'a classified row', rows: [classifiedRow('a.jpg')] },
  { name: 'a rejected row with null lists', rows: [rejectedRow('a.txt')] },
  { name: 'a deletion mark', rows: [deletedRow('a.jpg', { version: 'v1', sequencer: '0069B52A04FAA85CC5' })] },
  {
    name: 'alternating classified and rejected rows',
    rows: [rejectedRow('1'), classifiedRow('2'), rejectedRow('3'), rejectedRow('4'), classifiedRow('5')],
  },
  {
    name: 'names in any script, emoji, quotes and line breaks',
    rows: ['Ünïcödé/漢字.jpg', '👩‍👩‍👧 🐟.jpg', `it's "odd", a\nb\tc`, ''].map((key) =>
      classifiedRow(key, { label: key }),
    ),
  },
  {
    name: 'absent and empty values as different ones',
    rows: [
      rejectedRow('a', { version: null, etag: null, bytes: null, detail: '' }),
      rejectedRow('b', { version: '', etag: '', bytes: 0 }),
      classifiedRow('c', { top: [], embedding: new Float32Array(0) }),
      classifiedRow('d', { version: 'v1', label: '', bytes: 5_000_000_000_000 }),
    ],
  },
  {
    name: 'dates in milliseconds, before 1970 and far in the future',
    rows: ['1969-12-31T23:59:59.999Z', '2000-02-29T00:00:00.001Z', '2199-01-01T12:34:56.789Z'].map((text) =>
      classifiedRow(text, { event_time: new Date(text), classified_at: new Date(text) }),
    ),
  },
  {
    name: 'embeddings of different lengths and extreme numbers',
    rows: [
      classifiedRow('a', { embedding: Float32Array.of(3.4028234663852886e38, 1.401298464324817e-45, -0.5) }),
      rejectedRow('b'),
      classifiedRow('c', { embedding: Float32Array.from({ length: 1024 }, (_, index) => Math.sin(index)) }),
    ],
  },
  {
    name: 'regions, no regions, and rows without that list',
    rows: [
      classifiedRow('a', {
        regions: [storedRegion(), storedRegion({ x: 0, label: 'Ünïcödé "漢字"' })],
        proposals: 100,
      }),
      classifiedRow('b', { regions: [], proposals: 0 }),
      classifiedRow('c'),
      rejectedRow('d'),
      classifiedRow('e', { regions: [storedRegion({ width: 1, height: 1, objectness: 0, probability: 1 })] }),
    ],
  },
  {
    name: 'more rows than one page or one byte of null bits can hold',
    rows: Array.from({ length: 3001 }, (_, index) =>
      index % 7 === 3 ? rejectedRow(`r${index}`) : classifiedRow(`c${index}`, { width: index + 1 }),
    ),
  },
];

describe.each(readers)('encodeRows, read by $name', ({ read }) => {
  it.each(cases)('gives back $name exactly', async ({ rows }) => {
    const back = await read(encodeRows(rows));
    expect(back).toEqual(rows.map(asRead));
  });

  it('writes a file without rows for no rows', async () => {
    expect(await read(encodeRows([]))).toEqual([]);
  });
});

describe('the files of encodeRows', () => {
  const bytes = encodeRows([classifiedRow('a', { width: 3 }), rejectedRow('b'), classifiedRow('c', { width: 9 })]);
  const metadata = parquetMetadata(Uint8Array.from(bytes).buffer);
  const chunks = metadata.row_groups[0]?.columns.map((column) => column.meta_data) ?? [];
  const chunkOf = (path: string) => chunks.find((chunk) => chunk?.path_in_schema.join('.') === path);

  it('have the columns in the order of the schema, timestamps in UTC', () => {
    const topLevel = [...new Set(chunks.map((chunk) => chunk?.path_in_schema[0]))];
    expect(topLevel).toEqual(regionless);
    const timestamp = metadata.schema.find((element) => element.name === 'ingested_at');
    expect(timestamp?.logical_type).toEqual({ type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' });
  });

  it('have statistics of top-level columns, with which readers skip row groups', () => {
    expect(chunkOf('width')?.statistics).toMatchObject({ min_value: 3, max_value: 9, null_count: 1n });
    expect(chunkOf('status')?.statistics).toMatchObject({ min_value: 'classified', max_value: 'rejected' });
  });

  it('state what they contain and their format, in one value that a second encoding repeats', () => {
    const stated = metadata.key_value_metadata?.find(({ key }) => key === metadataKey)?.value ?? '';
    expect(JSON.parse(stated)).toEqual({
      description: expect.stringContaining('Results of inception-batch'),
      format: 1,
    });
    for (let again = 0; again < 8; again += 1)
      expect(encodeRows([rejectedRow('b')])).toEqual(encodeRows([rejectedRow('b')]));
  });

  it('have a column for regions, and a format that earlier versions reject, only if a row has regions', () => {
    const contentOf = (part: Uint8Array) => {
      const { schema, key_value_metadata: pairs } = parquetMetadata(Uint8Array.from(part).buffer);
      const { format } = JSON.parse(pairs?.find(({ key }) => key === metadataKey)?.value ?? '');
      return { hasRegions: schema.some(({ name }) => name === 'regions'), format };
    };
    expect(contentOf(encodeRows([classifiedRow('a')]))).toEqual({ hasRegions: false, format: 1 });
    expect(contentOf(encodeRows([classifiedRow('a'), classifiedRow('b', { regions: [] })]))).toEqual({
      hasRegions: true,
      format: 2,
    });
    expect(contentOf(encodeEmptyPart())).toEqual({ hasRegions: true, format: 2 });
  });

  // Digests of the files that were written before there were regions.
  it.each([
    { name: 'no rows', rows: [], digest: 'c600ff1dbf18d16803032e37728c4ae0595ba7881ba60748b6b6797d477af58e' },
    {
      name: 'rows of every status',
      rows: [classifiedRow('a.jpg'), rejectedRow('b.txt'), deletedRow('c.jpg', { image_id: 'drop/c.jpg@deleted' })],
      digest: '6d2b42e1836b5ee714f175f5cc75fe9ad08378b96e6d6166b9ead6e290985c12',
    },
    {
      name: 'many rows',
      rows: Array.from({ length: 3001 }, (_, index) =>
        index % 7 === 3 ? rejectedRow(`r${index}`) : classifiedRow(`c${index}`, { width: index + 1 }),
      ),
      digest: '8ea558fe8a7cfe2a0515345fa02694b44351f1e0a6f25b658b477ec92950ea05',
    },
  ])('without regions have the bytes of earlier versions: $name', ({ rows, digest }) => {
    expect(createHash('sha256').update(encodeRows(rows)).digest('hex')).toBe(digest);
  });

  it('have embeddings without a dictionary', () => {
    const embedding = chunkOf('embedding.list.element');
    expect(embedding?.encodings).not.toContain('RLE_DICTIONARY');
    expect(embedding?.codec).toBe('SNAPPY');
  });
});

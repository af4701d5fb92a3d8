import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ExportFormat } from '../../../results/export/export.ts';
import { openResults } from '../../../results/open/open-results.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { encodeRows } from '../../../shared/rows/parquet.ts';
import { columns } from '../../../shared/rows/schema.ts';
import { writeDamagedEmbeddings } from '../../support/damaged-part.ts';
import { parseLines, toStream } from '../../support/exports.ts';
import { classifiedRow, rejectedRow } from '../../support/result-rows.ts';
import { resultsOf } from '../../support/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Parses RFC 4180 by its grammar; keeps the quotes of fields. */
function parseCsv(csv: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, field = '', end] of csv.matchAll(/("(?:[^"]|"")*"|[^",\n]*)(,|\n)/g)) {
    rows.at(-1)?.push(field);
    if (end === '\n') rows.push([]);
  }
  expect(rows.pop()).toEqual([]);
  return rows;
}

const unquoted = (field: string) => (field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field);

const namesWithout = (...excluded: string[]) => Object.keys(columns).filter((name) => !excluded.includes(name));

const oddKey = `Ünï "漢字", it's 🐟.jpg`;
const rows = [rejectedRow('z.txt', { version: '' }), classifiedRow(oddKey), classifiedRow('a.jpg')];

const classifiedObject = {
  image_id: 'drop/a.jpg@e1',
  bucket: 'drop',
  key: 'a.jpg',
  version: null,
  etag: 'e1',
  job: 'default',
  status: 'classified',
  reason: null,
  detail: null,
  model: 'googlenet@0123456789ab',
  preprocess: 'fedcba9876543210',
  label: 'tench',
  label_id: 'n01440764',
  probability: 0.7,
  top: [
    { label_id: 'n01440764', label: 'tench', probability: 0.7 },
    { label_id: 'n01443537', label: 'goldfish', probability: 0.2 },
  ],
  width: 500,
  height: 375,
  format: 'jpeg',
  bytes: 109_527,
  provider: 'cpu',
  sequencer: null,
  event_time: '2026-03-01T10:00:00.125Z',
  ingested_at: '2026-03-01T10:00:01.250Z',
  classified_at: '2026-03-01T10:00:02.500Z',
};

describe('exportRows as jsonl', () => {
  it('writes an object per image with JSON types, sorted by key, without embeddings', async () => {
    const results = await resultsOf(rows);
    const objects = parseLines(await toStream(results, { format: 'jsonl' }));
    expect(objects).toHaveLength(3);
    expect(objects[0]).toEqual(classifiedObject);
    expect(objects[2]).toEqual({ ...classifiedObject, image_id: `drop/${oddKey}@e1`, key: oddKey });
    expect(objects[1]).toMatchObject({ key: 'z.txt', version: '', reason: 'not_an_image', top: null, width: null });
    expect(Object.keys(Object(objects[1]))).toEqual(namesWithout('embedding', 'regions', 'proposals'));
  });

  it('writes embeddings on request, float32 in the fewest digits that restore it', async () => {
    const embedding = Float32Array.from({ length: 500 }, (_, index) => Math.sin(index) * 10 ** ((index % 60) - 30));
    const results = await resultsOf([classifiedRow('a.jpg', { embedding })]);
    const lines = await toStream(results, { format: 'jsonl', embeddings: true });
    expect(JSON.parse(lines).embedding.map(Math.fround)).toEqual([...embedding]);
    expect(await toStream(results, { format: 'jsonl', sql: 'select 0.1::float as f, 0.1::double as d' })).toBe(
      '{"f":0.1,"d":0.1}\n',
    );
  });

  it('writes every SQL type as JSON', async () => {
    const results = await resultsOf([]);
    const sql = `select 9007199254740991::hugeint as whole, 12345678901234567890::ubigint as huge, 1.5::decimal(9, 2) as price,
      true as flag, 'NaN'::double as nan, date '2026-03-01' as day, timestamp '2026-03-01 10:00:00.5' as moment,
      {'a': [1, null]} as nested, null as nothing, 'x' as twice, 'y' as twice`;
    expect(parseLines(await toStream(results, { format: 'jsonl', sql }))).toEqual([
      {
        whole: 9_007_199_254_740_991,
        huge: '12345678901234567890',
        price: 1.5,
        flag: true,
        nan: null,
        day: '2026-03-01',
        moment: '2026-03-01T10:00:00.500Z',
        nested: { a: [1, null] },
        nothing: null,
        twice: 'x',
        'twice:1': 'y',
      },
    ]);
  });

  it('writes nothing for no results', async () => {
    expect(await toStream(await resultsOf([]), { format: 'jsonl' })).toBe('');
  });
});

describe('exportRows as csv', () => {
  it('writes a header and a line per image, lists as JSON, null different from empty text', async () => {
    const csv = parseCsv(await toStream(await resultsOf(rows), { format: 'csv' }));
    const names = namesWithout('embedding', 'regions', 'proposals');
    expect(csv[0]).toEqual(names);
    const images = csv
      .slice(1)
      .map((fields) => Object.fromEntries(fields.map((field, index) => [names[index], field])));
    expect(images.map((image) => unquoted(String(image['key'])))).toEqual(['a.jpg', 'z.txt', oddKey]);
    expect(images.map((image) => image['version'])).toEqual(['', '""', '']);
    expect(images[0]).toMatchObject({ bytes: '109527', probability: '0.7', classified_at: '2026-03-01T10:00:02.500Z' });
    expect(JSON.parse(unquoted(String(images[0]?.['top'])))).toEqual(classifiedObject.top);
  });

  it('protects texts that a spreadsheet would compute on request, but not numbers', async () => {
    const names = ['=cmd|a!A1', '+1', '-1', '@sum', '\t=1', ' =1', '\u00A0+1', '\uFF1D1', 'a=b', "'=quoted"];
    const selected = names.map((name) => `('${name.replaceAll("'", "''")}', -1.5)`).join(', ');
    const query = { format: 'csv', sql: `select * from (values ${selected}) as t("=name", n)` } as const;
    const results = await resultsOf(rows);
    expect(await toStream(results, query)).toContain('\n=cmd|a!A1,-1.5\n');
    const safe = parseCsv(await toStream(results, { ...query, spreadsheetSafe: true }));
    const expected = names.map((name) => [/^(a|')/.test(name) ? name : `'${name}`, '-1.5']);
    expect(safe).toEqual([["'=name", 'n'], ...expected]);
  });

  it.each(['csv', 'jsonl'] as const)('escapes %s on a terminal only', async (format) => {
    const key = 'a\u009b2J\u202e\u007f.jpg';
    const results = await resultsOf([rejectedRow(key)]);
    const options = { format, sql: 'select key from results' } as const;
    expect(await toStream(results, options)).toContain(key);
    const shown = await toStream(results, options, { columns: 80 });
    expect(shown).toContain(String.raw`a\u009b2J\u202e\u007f.jpg`);
    if (format === 'jsonl') expect(JSON.parse(shown)).toEqual({ key });
  });

  it('keeps line breaks and quotes inside a field', async () => {
    const key = 'a\nb\r\n"c",d';
    const csv = parseCsv(
      await toStream(await resultsOf([rejectedRow(key)]), { format: 'csv', sql: 'select key from results' }),
    );
    expect(csv.map((fields) => fields.map(unquoted))).toEqual([['key'], [key]]);
  });
});

describe('exportRows of a query', () => {
  const wrong: { readonly sql: string; readonly message: RegExp }[] = [
    { sql: 'selec 1', message: /syntax error at or near "selec"/ },
    { sql: 'select nope from results', message: /"nope" not found/ },
    {
      sql: 'select labl from results',
      message: /"labl" not found in FROM clause \(did you mean label or label_id\?\)$/,
    },
    { sql: 'select x.label from results', message: /table "x" not found \(did you mean results\?\)$/ },
    {
      sql: 'select * from result',
      message: /result does not exist \(did you mean results\?\); the views are results and regions$/,
    },
    { sql: 'select * from elsewhere', message: /elsewhere does not exist; the views are results and regions$/ },
    { sql: 'select 1; select 2', message: /the SQL has 2 statements: give one SQL query/ },
    { sql: ' \n', message: /the SQL is empty: give one SQL query/ },
    { sql: ';', message: /the SQL is empty: give one SQL query/ },
    { sql: '-- nothing', message: /the SQL is empty: give one SQL query/ },
    { sql: `select * from read_csv('/etc/passwd')`, message: /Cannot access file/ },
    { sql: `select * from read_text('${import.meta.filename}')`, message: /Cannot access file/ },
    { sql: `select * from glob('/*')`, message: /Cannot access file/ },
    { sql: 'drop view results', message: /the SQL is not a query/ },
    { sql: `copy results to 'elsewhere.csv'`, message: /Cannot access file/ },
    { sql: 'select key::int from results', message: /Could not convert string/ },
    { sql: 'select ? from results', message: /parameter/ },
  ];

  it.each(wrong)('says in one line what is wrong with $sql', async ({ sql, message }) => {
    const results = await resultsOf(rows);
    const error = await toStream(results, { format: 'jsonl', sql }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toMatch(message);
    expect(String(error)).not.toContain('\n');
  });

  it.each<ExportFormat>(['table', 'jsonl', 'csv'])('writes its columns as %s', async (format) => {
    const results = await resultsOf([...rows, classifiedRow('a.jpg')]);
    const sql = 'select label, count(*) as images from results where label is not null group by 1';
    const written = await toStream(results, { format, sql });
    expect(written.replaceAll(/[^a-z0-9]+/g, ' ')).toContain(format === 'jsonl' ? 'label tench images 2' : 'tench 2');
  });

  it('refuses Parquet to a stream and names the option for a file', async () => {
    await expect(toStream(await resultsOf(rows), { format: 'parquet' })).rejects.toThrow('--out');
  });

  it('names a part whose damage only a query of the column finds', async () => {
    const path = temporaryFolder();
    const damaged = await writeDamagedEmbeddings(path, [classifiedRow('a.jpg'), classifiedRow('b.jpg')]);
    await writeFile(join(path, 'results', 'good.parquet'), encodeRows([classifiedRow('c.jpg')]));
    const results = await openResults({ kind: 'folder', path });
    onTestFinished(() => results.close());
    const failed = toStream(results, { format: 'jsonl', embeddings: true });
    await expect(failed).rejects.toThrow(`${damaged} is damaged`);
  });
});

import { execFile } from 'node:child_process';
import { chmod, lstat, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { asyncBufferFromFile } from 'hyparquet/src/node.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { exportRows } from '../../../results/export/export.ts';
import { replaceFile } from '../../../results/export/output.ts';
import { openResults } from '../../../results/open/open-results.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { exportMetadata, metadataKey } from '../../../shared/rows/file-metadata.ts';
import { ResultsStore } from '../../../shared/rows/results-store.ts';
import { columns } from '../../../shared/rows/schema.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import { parseLines, toFile, toStream } from '../../support/exports.ts';
import { classifiedRow, deletedRow, rejectedRow } from '../../support/result-rows.ts';
import { resultsOf } from '../../support/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const oddKey = `Ünï "漢字", it's 🐟.jpg`;
const rows = [rejectedRow('z.txt', { version: '' }), classifiedRow(oddKey), classifiedRow('a.jpg')];

describe('exportRows to a file', () => {
  it('refuses a pipe or a device, and says how to write to stdout', async () => {
    const to = { kind: 'file', path: '/dev/null' } as const;
    await expect(exportRows(await resultsOf(rows), { format: 'csv', to })).rejects.toThrow(
      '/dev/null is a pipe or a device: omit --out to write to stdout',
    );
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
  });

  it('replaces the target of a link and keeps the link', async () => {
    const folder = temporaryFolder();
    const [target, link] = [join(folder, 'target.csv'), join(folder, 'link.csv')];
    await writeFile(target, 'old');
    await symlink(target, link);
    await exportRows(await resultsOf(rows), { format: 'csv', to: { kind: 'file', path: link, overwrite: true } });
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(await readFile(target, 'utf8')).toContain('a.jpg');
  });

  it.each(['jsonl', 'csv', 'table'] as const)('writes the same %s as to a stream', async (format) => {
    const results = await resultsOf(rows);
    const path = await toFile(results, { format });
    expect(await readFile(path, 'utf8')).toBe(await toStream(results, { format }));
  });

  it.each(['jsonl', 'csv', 'parquet'] as const)('leaves an existing file as it is, writing %s', async (format) => {
    const path = join(temporaryFolder(), 'mine');
    await writeFile(path, 'mine');
    const failed = exportRows(await resultsOf(rows), { format, to: { kind: 'file', path } });
    await expect(failed).rejects.toThrow(
      new UserError(`${path} exists: give --overwrite to replace it, or another path`),
    );
    expect(await readFile(path, 'utf8')).toBe('mine');
    expect(await readdir(join(path, '..'))).toEqual(['mine']);
  });

  it('leaves a file that was created during the export', async () => {
    const path = join(temporaryFolder(), 'mine');
    const failed = replaceFile({ path }, async (partial) => {
      await writeFile(partial, 'export');
      await writeFile(path, 'mine');
    });
    await expect(failed).rejects.toThrow('exists: give --overwrite');
    expect(await readFile(path, 'utf8')).toBe('mine');
    expect(await readdir(join(path, '..'))).toEqual(['mine']);
  });

  it.each(['table', 'jsonl', 'csv', 'parquet'] as const)('returns the number of rows of %s', async (format) => {
    const to = { kind: 'file', path: join(temporaryFolder(), 'new') } as const;
    expect(await exportRows(await resultsOf(rows), { format, to, limit: 2 })).toBe(2);
  });

  it('writes Parquet without the embeddings by default', async () => {
    const path = await toFile(await resultsOf(rows), { format: 'parquet' });
    const [first = {}] = await parquetReadObjects({ file: await asyncBufferFromFile(path) });
    const unless = ['embedding', 'regions', 'proposals'];
    expect(Object.keys(first)).toEqual(Object.keys(columns).filter((name) => !unless.includes(name)));
  });

  it('writes Parquet with every column but those of regions, and the embeddings, in the order of the keys', async () => {
    const results = await resultsOf([...rows, classifiedRow('a.jpg')]);
    const path = await toFile(results, { format: 'parquet', embeddings: true });
    const back: Record<string, unknown>[] = await parquetReadObjects({ file: await asyncBufferFromFile(path) });
    expect([...Object.keys(back[0] ?? {}), 'regions', 'proposals']).toEqual(Object.keys(columns));
    expect(back.map((row) => row['key'])).toEqual(['a.jpg', 'z.txt', oddKey]);
    const { embedding, event_time, bytes } = back[0] ?? {};
    expect([Array.from(Object(embedding)), event_time, bytes]).toEqual([
      [...classifiedRow('').embedding],
      new Date('2026-03-01T10:00:00.125Z'),
      109_527n,
    ]);
  });

  it('writes the rows of a query as Parquet', async () => {
    const sql = 'select label, count(*) as images from results group by 1 order by 1; -- by label';
    const path = await toFile(await resultsOf(rows), { format: 'parquet', sql });
    expect(await parquetReadObjects({ file: await asyncBufferFromFile(path) })).toEqual([
      { label: 'tench', images: 2n },
      { label: null, images: 1n },
    ]);
    const { key_value_metadata: metadata } = await parquetMetadataAsync(await asyncBufferFromFile(path));
    expect(metadata?.find(({ key }) => key === metadataKey)?.value).toBe(exportMetadata);
  });

  it('denies a query access to other files, and reads parts whose names look like patterns', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'st[or]e, 1');
    await new ResultsStore(new FolderStore(), { bucket: path, prefix: '' }).append(rows);
    const results = await openResults({ kind: 'folder', path });
    onTestFinished(() => results.close());
    const secret = join(folder, 'secret.txt');
    await writeFile(secret, 'secret');
    const to = { kind: 'file', path: join(folder, 'out.parquet') } as const;
    const peeking = exportRows(results, { format: 'parquet', to, sql: `select * from read_text('${secret}')` });
    await expect(peeking).rejects.toThrow('Cannot access file');
    expect(parseLines(await toStream(results, { format: 'jsonl' }))).toHaveLength(3);
  });

  it.each(['jsonl', 'parquet'] as const)('keeps the old file if %s fails midway', async (format) => {
    const results = await resultsOf(
      Array.from({ length: 5000 }, (_, index) => rejectedRow(String(index).padStart(5, '0'))),
    );
    const folder = temporaryFolder();
    const path = join(folder, 'out');
    await writeFile(path, 'old');
    const sql = `select case when key = '04999' then error('late fault') else key end from results`;
    await expect(exportRows(results, { format, sql, to: { kind: 'file', path, overwrite: true } })).rejects.toThrow(
      'late fault',
    );
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['out']);
  });

  it('says what is wrong with the path', async () => {
    const results = await resultsOf(rows);
    const folder = temporaryFolder();
    await writeFile(join(folder, 'file'), '');
    const targets = [
      { path: join(folder, 'none', 'out.csv'), message: 'does not exist' },
      { path: join(folder, 'file', 'out.csv'), message: 'does not exist' },
      { path: folder, message: 'is a folder' },
    ];
    for (const { path, message } of targets) {
      for (const format of ['csv', 'parquet'] as const) {
        const failed = exportRows(results, { format, to: { kind: 'file', path } });
        await expect(failed).rejects.toBeInstanceOf(UserError);
        await expect(failed).rejects.toThrow(message);
      }
    }
  });
});

describe('exportRows with deleted images', () => {
  it.each(['jsonl', 'csv', 'table', 'parquet'] as const)('omits them from %s by default', async (format) => {
    const statuses = async (deleted?: boolean) => {
      const results = await resultsOf([...rows, rejectedRow('gone.jpg'), deletedRow('gone.jpg')]);
      const path = await toFile(results, { format, deleted });
      if (format !== 'parquet') return (await readFile(path, 'utf8')).match(/deleted|rejected|classified(?!_)/g);
      return (await parquetReadObjects({ file: await asyncBufferFromFile(path) })).map(({ status }) => status);
    };
    expect(await statuses()).toEqual(['classified', 'rejected', 'classified']);
    expect(await statuses(true)).toEqual(['classified', 'deleted', 'rejected', 'classified']);
  });
});

describe('exportRows to a stream', () => {
  const many = () => resultsOf(Array.from({ length: 20_000 }, (_, index) => rejectedRow(`${index}`)));

  it('writes at the speed of a slow reader, a chunk at a time', async () => {
    const results = await many();
    let taken = 0;
    let waiting = 0;
    let most = 0;
    const stream = new Writable({
      decodeStrings: false,
      highWaterMark: 1,
      write(piece: string, _, done) {
        waiting += 1;
        most = Math.max(most, waiting);
        taken += piece.split('\n').length - 1;
        setImmediate(() => {
          waiting -= 1;
          done();
        });
      },
    });
    await exportRows(results, { format: 'jsonl', to: { kind: 'stream', stream } });
    expect(taken).toBe(20_000);
    expect(most).toBe(1);
    expect(stream.writableEnded).toBe(false);
  });

  it('throws other faults of the stream', async () => {
    const stream = new Writable({ write: (_, __, done) => done(new Error('the disk is on fire')) });
    await expect(exportRows(await many(), { format: 'csv', to: { kind: 'stream', stream } })).rejects.toThrow('fire');
  });

  it('ends without an error when its reader ends', async () => {
    const path = temporaryFolder();
    const store = new ResultsStore(new FolderStore(), { bucket: path, prefix: '' });
    await store.append(Array.from({ length: 20_000 }, (_, index) => rejectedRow(`${index}`)));
    const url = (file: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, '../../..', file)).href);
    const program = join(path, 'program.mjs');
    await writeFile(
      program,
      `import { openResults } from ${url('results/open/open-results.ts')};
       import { exportRows } from ${url('results/export/export.ts')};
       const results = await openResults({ kind: 'folder', path: process.argv[2] });
       const to = { kind: 'stream', stream: process.stdout };
       await exportRows(results, { format: 'jsonl', to });
       await results.close();
       console.error('done');`,
    );
    const pipe = `set -o pipefail; "${process.execPath}" "${program}" "${path}" | head -n 2`;
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', pipe]);
    expect(parseLines(stdout)).toHaveLength(2);
    expect(stderr).toBe('done\n');
  });
});

it('names the file, not the hidden one, if DuckDB cannot write it', async () => {
  const folder = join(temporaryFolder(), 'gone');
  await mkdir(folder);
  const path = join(folder, 'a.parquet');
  const failed = (await resultsOf(rows)).withConnection((connection) =>
    replaceFile({ path }, async (partial) => {
      await rm(folder, { recursive: true });
      await connection.run(`copy (select 1) to '${partial}' (format parquet)`);
    }),
  );
  await expect(failed).rejects.toThrow(new UserError(`${path} cannot be written: No such file or directory`));
});

describe.skipIf(process.getuid?.() === 0)('exportRows without permissions, which root always has', () => {
  it('says that the folder is not writable', async () => {
    const folder = temporaryFolder();
    await chmod(folder, 0o500);
    const failed = exportRows(await resultsOf(rows), {
      format: 'csv',
      to: { kind: 'file', path: join(folder, 'a.csv') },
    });
    await expect(failed).rejects.toThrow('cannot be written: permission denied (EACCES)');
    expect((await stat(folder)).isDirectory()).toBe(true);
  });
});

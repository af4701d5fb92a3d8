import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compactResults } from '../../results/compact/compact.ts';
import { type OpenOptions, openResults } from '../../results/open/open-results.ts';
import type { ResultsSource } from '../../results/open/parts.ts';
import { countByStatus } from '../../results/questions/count-by-status.ts';
import { countComputedImages } from '../../results/questions/count-computed-images.ts';
import { ResultsStore } from '../../shared/rows/results-store.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import { temporaryFolder } from '../fixtures.ts';
import { describeMachine, median } from '../machine.ts';
import { generatedRow } from './generated-rows.ts';

// Query times on a store of a million images, as workers wrote it and after compaction, against DuckDB reading the same files
// directly, without deduplication.
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    parts: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '3' },
  },
});
const rows = Number(values.rows);
const parts = Number(values.parts);
await using temporary = await temporaryFolder();
const work = temporary.path;
const store = new FolderStore();
const folder = join(work, 'store');
const cacheFolder = join(work, 'cache');
const source: ResultsSource = { kind: 'folder', path: folder, cacheFolder };

console.log(describeMachine(['@duckdb/node-api', 'parquet-wasm']));
console.log(`${rows} rows with embeddings of 1024 numbers in ${parts} parts, 2 % rejected\n`);
const written = await timed(writeParts);
print('written', `${Math.round(rows / written)} rows/s, every part durable`);
print('first status', seconds(await timed(status)));
await printQueries('as written');
let peak = 0;
const watch = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 100);
let outcome = '';
const compacted = await timed(async () => {
  const options = { source, store, workFolder: work, bytesPerRun: 8e9 };
  const { partsBefore, partsAfter } = await compactResults(options);
  outcome = `${partsBefore} parts to ${partsAfter}`;
});
clearInterval(watch);
print('compact', `${seconds(compacted)}, ${outcome}, peak ${Math.round(peak / 2 ** 20)} MiB`);
const copied = await timed(() => cp(folder, join(work, 'copy'), { recursive: true }));
print('copying the same files', seconds(copied));
await timed(status);
await printQueries('compacted');

async function writeParts(): Promise<void> {
  const results = new ResultsStore(store, { bucket: folder, prefix: '' });
  const size = rows / parts;
  for (let part = 0; part < parts; part += 1) {
    await results.append(Array.from({ length: size }, (_, row) => generatedRow(part * size + row)));
  }
}

/** Opens the results for every query, as a command does. */
async function printQueries(state: string): Promise<void> {
  const labels = 'select label, count(*) as images from results group by label order by images desc, label limit 10';
  print(`status, ${state}`, seconds(await medianTime(status)));
  print(`label counts, ${state}`, seconds(await medianTime(() => query(labels, { embeddings: false }))));
  print(`label counts by --sql, ${state}`, seconds(await medianTime(() => query(labels, {}))));
  const files = `read_parquet('${join(folder, 'results', '*', '*.parquet')}')`;
  print(
    `label counts by DuckDB alone, ${state}`,
    seconds(await medianTime(() => query(labels.replace('results', files), {}, true))),
  );
}

async function status(): Promise<void> {
  const results = await openResults(source, { embeddings: false });
  await countByStatus(results);
  await countComputedImages(results);
  await results.close();
}

async function query(sql: string, options: OpenOptions, bare = false): Promise<void> {
  const empty: ResultsSource = { kind: 'folder', path: join(work, 'none') };
  const results = await openResults(bare ? empty : source, options);
  await results.withConnection((connection) => connection.runAndReadAll(sql));
  await results.close();
}

async function medianTime(run: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < Number(values.rounds); round += 1) times.push(await timed(run));
  return median(times);
}

/** Seconds. */
async function timed(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return (performance.now() - started) / 1000;
}

function seconds(time: number): string {
  return time < 10 ? `${time.toFixed(2)} s` : `${time.toFixed(0)} s`;
}

function print(name: string, figure: string): void {
  console.log(`${name.padEnd(42)} ${figure}`);
}

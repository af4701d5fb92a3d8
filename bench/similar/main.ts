import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openResults } from '../../results/open/open-results.ts';
import { openSimilarity, type SimilarityOptions } from '../../results/similar/search/open-similarity.ts';
import type { Hit, Similarity } from '../../results/similar/search/similarity.ts';
import { ResultsStore } from '../../shared/rows/results-store.ts';
import type { ClassifiedRow } from '../../shared/rows/row.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import { temporaryFolder } from '../fixtures.ts';
import { describeMachine, median } from '../machine.ts';
import { syntheticRows } from '../synthetic-rows.ts';
import { exactNearest } from './exact-nearest.ts';

// Nearest-neighbor search in a store, as the command `similar` does it: query time, recall of the index, and the cost of building
// it.
const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '1000000' },
    dimensions: { type: 'string', default: '1024' },
    /** Images per class; their embeddings are clustered around one center. */
    'class-size': { type: 'string', default: '200' },
    queries: { type: 'string', default: '200' },
    'exact-queries': { type: 'string', default: '5' },
  },
});
const images = Number(values.images);
const dimensions = Number(values.dimensions);
const queries = Number(values.queries);
const limit = 10;
await using temporary = await temporaryFolder();
const folder = temporary.path;
const options: SimilarityOptions = { cacheFolder: join(folder, 'index'), storeName: folder, exactUpTo: 0 };

console.log(describeMachine(['usearch', '@duckdb/node-api']));
console.log(`${images} images, embeddings of ${dimensions} numbers, synthetic (bench/synthetic-rows.ts)`);
const [queryRows, writing] = await timed(() => writeStore());
printTime('writing the store', writing, `${Math.round(images / writing)} rows/s`);
const [results, openingResults] = await timed(() => openResults({ kind: 'folder', path: folder }));
printTime('opening the results', openingResults);
const before = process.memoryUsage.rss();
const cpuBefore = process.cpuUsage();
let peak = before;
const onProgress = () => {
  peak = Math.max(peak, process.memoryUsage.rss());
};
const [built, building] = await timed(() => openSimilarity(results, { ...options, onProgress }));
const { user, system } = process.cpuUsage(cpuBefore);
const perImage = ((user + system) / 1000 / images).toFixed(2);
printTime('building the index', building, `${Math.round(images / building)} images/s, ${perImage} CPU ms per image`);
console.log(`memory: ${megabytes(before)} MB before, ${megabytes(peak)} MB peak`);
console.log(`index on disk: ${megabytes(await bytesBelow(options.cacheFolder))} MB`);
await built.close();
const [index, opening] = await timed(() => openSimilarity(results, options));
printTime('opening the index', opening);
const exact = await openSimilarity(results, { ...options, exact: true });
const hits = await query('indexed', index, queryRows);
await query('exact', exact, queryRows.slice(0, Number(values['exact-queries'])));
const [exactHits, comparing] = await timed(() =>
  exactNearest(
    results,
    index,
    queryRows.map(({ embedding }) => embedding),
    limit,
  ),
);
printTime(`exact results of ${queryRows.length} queries in one pass`, comparing);
printRecall(hits, exactHits);
await index.close();
await exact.close();
await results.close();

/** @returns query rows, which are not in the store */
async function writeStore(): Promise<ClassifiedRow[]> {
  const store = new ResultsStore(new FolderStore(), { bucket: folder, prefix: '' });
  const classes = Math.max(1, Math.round(images / Number(values['class-size'])));
  const queryRows: ClassifiedRow[] = [];
  let written = 0;
  for await (const rows of syntheticRows({ rows: images + queries, dimensions, classes })) {
    await store.append(rows.slice(0, images - written));
    queryRows.push(
      ...rows.slice(Math.max(0, images - written)).map((row) => ({ ...row, embedding: row.embedding.slice() })),
    );
    written = Math.min(images, written + rows.length);
  }
  return queryRows;
}

async function query(method: string, similarity: Similarity, rows: readonly ClassifiedRow[]): Promise<Hit[][]> {
  const results: Hit[][] = [];
  const times: number[] = [];
  for (const { embedding } of rows) {
    const started = performance.now();
    results.push(await similarity.nearest(embedding, { limit }));
    times.push(performance.now() - started);
  }
  const p95 = times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1] ?? Number.NaN;
  console.log(
    `${method}, ${limit} nearest, ${rows.length} queries: median ${median(times).toFixed(1)} ms, ` +
      `p95 ${p95.toFixed(1)} ms, first ${(times[0] ?? Number.NaN).toFixed(1)} ms`,
  );
  return results;
}

function printRecall(hits: readonly Hit[][], exactHits: readonly Hit[][]): void {
  let matches = 0;
  let difference = 0;
  for (const [index, nearest] of exactHits.entries()) {
    const similarities = new Map((hits[index] ?? []).map((hit) => [hit.image_id, hit.similarity]));
    for (const { image_id, similarity } of nearest) {
      const approximate = similarities.get(image_id);
      if (approximate === undefined) continue;
      matches += 1;
      difference = Math.max(difference, Math.abs(approximate - similarity));
    }
  }
  const recall = matches / exactHits.reduce((sum, nearest) => sum + nearest.length, 0);
  console.log(
    `recall@${limit} of the index: ${recall.toFixed(4)}; maximum error of its similarities: ${difference.toFixed(5)}`,
  );
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const started = performance.now();
  const value = await work();
  return [value, (performance.now() - started) / 1000];
}

function printTime(step: string, seconds: number, details = ''): void {
  console.log(`${step}: ${seconds.toFixed(1)} s${details === '' ? '' : `, ${details}`}`);
}

async function bytesBelow(path: string): Promise<number> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    entries.filter((entry) => entry.isFile()).map((entry) => stat(join(entry.parentPath, entry.name))),
  );
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

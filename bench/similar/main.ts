import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openResults } from '../../results/open/open-results.ts';
import { openSimilarity, type SimilarityOptions } from '../../results/similar/open-similarity.ts';
import type { Hit, Similarity } from '../../results/similar/similarity.ts';
import { ResultsStore } from '../../shared/rows/results-store.ts';
import type { ClassifiedRow } from '../../shared/rows/row.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import { describeMachine, median } from '../machine.ts';
import { syntheticRows } from '../synthetic-rows.ts';
import { exactNearest } from './exact-nearest.ts';

// How fast similar images are found among many, how many of them an index misses, and what building it takes: from the
// parts of a store to the answer, as the command does it.
const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '1000000' },
    dimensions: { type: 'string', default: '1024' },
    /** Images of a class, whose embeddings lie around one centre. */
    'class-size': { type: 'string', default: '200' },
    queries: { type: 'string', default: '200' },
    'exact-queries': { type: 'string', default: '5' },
  },
});
const images = Number(values.images);
const dimensions = Number(values.dimensions);
const queries = Number(values.queries);
const limit = 10;
const folder = await mkdtemp(join(tmpdir(), 'inception-bench-similar-'));
const options: SimilarityOptions = { cacheFolder: join(folder, 'index'), storeName: folder, exactUpTo: 0 };

try {
  console.log(describeMachine(['usearch', '@duckdb/node-api']));
  console.log(`${images} images, embeddings of ${dimensions} numbers, made up: see bench/synthetic-rows.ts`);
  const [asked, made] = await timed(() => writeStore());
  say('making the store', made, `${Math.round(images / made)} rows/s`);
  const [results, opened] = await timed(() => openResults({ kind: 'folder', path: folder }));
  say('opening the results', opened);
  const before = process.memoryUsage.rss();
  const idle = process.cpuUsage();
  let most = before;
  const onProgress = () => {
    most = Math.max(most, process.memoryUsage.rss());
  };
  const [built, building] = await timed(() => openSimilarity(results, { ...options, onProgress }));
  const { user, system } = process.cpuUsage(idle);
  const perImage = ((user + system) / 1000 / images).toFixed(2);
  say('building the index', building, `${Math.round(images / building)} images/s, ${perImage} ms of a core each`);
  console.log(`memory: ${megabytes(before)} MB before, ${megabytes(most)} MB at most`);
  console.log(`index on disk: ${megabytes(await bytesBelow(options.cacheFolder))} MB`);
  await built.close();
  const [index, opening] = await timed(() => openSimilarity(results, options));
  say('opening the index', opening);
  const exact = await openSimilarity(results, { ...options, exact: true });
  const found = await ask('indexed', index, asked);
  await ask('exact', exact, asked.slice(0, Number(values['exact-queries'])));
  const [truth, comparing] = await timed(() =>
    exactNearest(
      results,
      index,
      asked.map(({ embedding }) => embedding),
      limit,
    ),
  );
  say(`the truth for ${asked.length} queries in one pass`, comparing);
  report(found, truth);
  await index.close();
  await exact.close();
  await results.close();
} finally {
  await rm(folder, { recursive: true });
}

/** @returns images that are not in the store, to ask with */
async function writeStore(): Promise<ClassifiedRow[]> {
  const store = new ResultsStore(new FolderStore(), { bucket: folder, prefix: '' });
  const classes = Math.max(1, Math.round(images / Number(values['class-size'])));
  const asked: ClassifiedRow[] = [];
  let seen = 0;
  for await (const rows of syntheticRows({ rows: images + queries, dimensions, classes })) {
    await store.append(rows.slice(0, images - seen));
    asked.push(...rows.slice(Math.max(0, images - seen)).map((row) => ({ ...row, embedding: row.embedding.slice() })));
    seen = Math.min(images, seen + rows.length);
  }
  return asked;
}

async function ask(how: string, similarity: Similarity, rows: readonly ClassifiedRow[]): Promise<Hit[][]> {
  const answers: Hit[][] = [];
  const times: number[] = [];
  for (const { embedding } of rows) {
    const started = performance.now();
    answers.push(await similarity.nearest(embedding, { limit }));
    times.push(performance.now() - started);
  }
  const p95 = times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1] ?? Number.NaN;
  console.log(
    `${how}, the ${limit} nearest, ${rows.length} queries: median ${median(times).toFixed(1)} ms, ` +
      `95 % within ${p95.toFixed(1)} ms, the first ${(times[0] ?? Number.NaN).toFixed(1)} ms`,
  );
  return answers;
}

function report(found: readonly Hit[][], truth: readonly Hit[][]): void {
  let hits = 0;
  let difference = 0;
  for (const [query, nearest] of truth.entries()) {
    const own = new Map((found[query] ?? []).map((hit) => [hit.image_id, hit.similarity]));
    for (const { image_id, similarity } of nearest) {
      const said = own.get(image_id);
      if (said === undefined) continue;
      hits += 1;
      difference = Math.max(difference, Math.abs(said - similarity));
    }
  }
  const recall = hits / truth.reduce((sum, nearest) => sum + nearest.length, 0);
  console.log(
    `recall@${limit} of the index: ${recall.toFixed(4)}; its similarities are off by ${difference.toFixed(5)} at most`,
  );
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const started = performance.now();
  const value = await work();
  return [value, (performance.now() - started) / 1000];
}

function say(what: string, seconds: number, more = ''): void {
  console.log(`${what}: ${seconds.toFixed(1)} s${more === '' ? '' : `, ${more}`}`);
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

import { Mutex } from 'async-mutex';
import { z } from 'zod';
import { type JobProgress, jobProgress } from '../../../jobs/progress/job-progress.ts';
import { listJobObjects } from '../../../jobs/progress/list-job-objects.ts';
import { openResults, type Results } from '../../../results/open/open-results.ts';
import type { ResultsSource } from '../../../results/open/parts.ts';
import type { Computation } from '../../../results/questions/computation.ts';
import { modelNameSql } from '../../../results/questions/row-selection.ts';
import { shortNames, storedModels } from '../../../results/questions/stored-models.ts';
import { type Filter, filterCondition, orderBy } from './filter.ts';
import { regionTables } from './region-labels.ts';
import { numberSql } from './row-id.ts';

/** A snapshot of the results, prepared for paging. */
export interface Catalogue {
  /** Time of opening in milliseconds since 1970: later snapshots have greater versions, even after a restart. */
  readonly version: number;
  /** Every model and preprocessing, the oldest first. */
  readonly models: readonly Computation[];
  /** Progress of the jobs that have an image list. */
  readonly jobs: readonly JobProgress[];
  /** Rows of a query over the table `images`, or the view `results` for columns that the table omits. */
  rows(sql: string): Promise<unknown[]>;
  /** The row numbers `n` of the filtered images, sorted. */
  order(filter: Filter): Promise<Int32Array>;
  close(): Promise<void>;
}

/** Each takes 4 MB for a million images. */
const maxCachedOrders = 8;

/**
 * Opens results and copies the columns that the grid shows into an in-memory table, about 300 bytes per image. `n` numbers
 * its rows by key, so that a page is a lookup of a few numbers.
 * @throws {UserError} naming the damaged part
 */
export async function openCatalogue(source: ResultsSource): Promise<Catalogue> {
  const version = Date.now();
  const results = await openResults(source, { embeddings: false });
  // DuckDB runs one query per connection at a time; waiting queries must not block a thread.
  const mutex = new Mutex();
  const orders = new Map<string, Promise<Int32Array>>();
  let jobs: JobProgress[] = [];
  let models: Computation[] = [];
  try {
    models = await storedModels(results);
    await results.run(copyToTable(shortNames(models)));
    for (const sql of regionTables) await results.run(sql);
    jobs = await listedJobs(results, source);
  } catch (error) {
    await results.close();
    throw error;
  }
  return {
    version,
    models,
    jobs,
    rows: (sql) => mutex.runExclusive(() => results.query(z.array(z.unknown()), sql)),
    order(filter) {
      const sql = `select n from images where ${filterCondition(filter, models)} order by ${orderBy(filter)}`;
      const order = orders.get(sql) ?? mutex.runExclusive(() => integers(results, sql));
      // Least recently used first; failures are not cached.
      orders.delete(sql);
      orders.set(sql, order);
      order.catch(() => orders.delete(sql));
      for (const oldest of orders.keys()) {
        if (orders.size <= maxCachedOrders) break;
        orders.delete(oldest);
      }
      return order;
    },
    close: () => mutex.runExclusive(() => results.close()),
  };
}

async function listedJobs(results: Results, source: ResultsSource): Promise<JobProgress[]> {
  const lists = (await listJobObjects(source)).flatMap((job) => job.lists);
  if (lists.length === 0) return [];
  const jobs = await jobProgress(results, { expected: { lists }, since: new Date() });
  return jobs.filter(({ total }) => total !== null);
}

/**
 * An image has one row per model and preprocessing. Each flag marks one representative row, the latest classification if
 * any: `is_shown` per image, `is_of_model` per image and model, `is_of_job` per image and job.
 * @param names of the models if there are several
 */
const copyToTable = (names: ReadonlyMap<Computation, string> | undefined) => `
  create table images as
  select (row_number() over (order by key, bucket, image_id, model, preprocess) - 1)::integer as n,
    ${numberSql} as number,
    image_id, bucket, key, version, etag, job, status, reason, model, preprocess, label, label_id, probability, bytes,
    coalesce(classified_at, ingested_at) as done_at,
    ${names === undefined ? 'null::varchar' : `if(count(*) over (partition by image_id) > 1, ${modelNameSql(names)}, null)`} as model_name,
    ${names === undefined ? 'true' : firstOf('image_id')} as is_shown,
    ${names === undefined ? 'true' : firstOf('image_id, model')} as is_of_model,
    ${names === undefined ? 'true' : firstOf('image_id, job')} as is_of_job
  from results order by n`;

function firstOf(partition: string): string {
  return `row_number() over (
    partition by ${partition}
    order by status = 'classified' desc, coalesce(classified_at, ingested_at) desc, model, preprocess
  ) = 1`;
}

/** Reads one integer column without creating row objects. */
async function integers(results: Results, sql: string): Promise<Int32Array> {
  const chunks: Int32Array[] = [];
  for await (const chunk of results.streamChunks(sql)) {
    const { items } = integerVector(chunk.getColumnVector(0));
    chunks.push(items.slice(0, chunk.rowCount));
  }
  const all = new Int32Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let filled = 0;
  for (const chunk of chunks) {
    all.set(chunk, filled);
    filled += chunk.length;
  }
  return all;
}

function integerVector(vector: object): { readonly items: Int32Array } {
  if ('items' in vector && vector.items instanceof Int32Array) return { items: vector.items };
  throw new Error('expected a vector of integers');
}

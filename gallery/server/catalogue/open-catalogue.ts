import { Mutex } from 'async-mutex';
import { z } from 'zod';
import { type JobProgress, jobProgress } from '../../../jobs/progress/job-progress.ts';
import { listJobObjects } from '../../../jobs/progress/list-job-objects.ts';
import { openResults, type Results } from '../../../results/open/open-results.ts';
import type { ResultsSource } from '../../../results/open/parts.ts';
import { condition, type Filter, ordering } from './filter.ts';

/** The results as they stood at one moment, made ready to be paged through. */
export interface Catalogue {
  /** Milliseconds since 1970 when they were opened, so that a later one is greater, also after a restart. */
  readonly version: number;
  /** Where those jobs stand of which it is known how many images they have. */
  readonly jobs: readonly JobProgress[];
  /** Rows of a query over the table `images`, or the view `results` for what that leaves out. */
  rows(sql: string): Promise<unknown[]>;
  /** The numbers `n` of the images that a filter leaves, in its order. */
  order(filter: Filter): Promise<Int32Array>;
  close(): Promise<void>;
}

/** Orders kept: some megabytes each where there are a million images. */
const keptOrders = 8;

/**
 * Opens results and copies what the grid shows of them into a table in memory, without embeddings and scores: about 300
 * bytes an image. `n` numbers its rows in the order of their names, so that a page is a few numbers to look up.
 * @throws {UserError} naming the part that is damaged
 */
export async function openCatalogue(source: ResultsSource): Promise<Catalogue> {
  const version = Date.now();
  const results = await openResults(source, { embeddings: false });
  // The database runs one query of a connection at a time; those that wait should not hold a thread meanwhile.
  const turn = new Mutex();
  const orders = new Map<string, Promise<Int32Array>>();
  let jobs: JobProgress[] = [];
  try {
    await results.run(copyToTable(await severalModels(results)));
    jobs = await listedJobs(results, source);
  } catch (error) {
    await results.close();
    throw error;
  }
  return {
    version,
    jobs,
    rows: (sql) => turn.runExclusive(() => results.query(z.array(z.unknown()), sql)),
    order(filter) {
      const sql = `select n from images where ${condition(filter)} order by ${ordering(filter)}`;
      const known = orders.get(sql);
      const order = known ?? turn.runExclusive(() => integers(results, sql));
      // Asked for last, forgotten last; a failure is not kept.
      orders.delete(sql);
      orders.set(sql, order);
      order.catch(() => orders.delete(sql));
      for (const oldest of orders.keys()) {
        if (orders.size <= keptOrders) break;
        orders.delete(oldest);
      }
      return order;
    },
    close: () => turn.runExclusive(() => results.close()),
  };
}

async function listedJobs(results: Results, source: ResultsSource): Promise<JobProgress[]> {
  const lists = (await listJobObjects(source)).flatMap((own) => own.lists);
  if (lists.length === 0) return [];
  const jobs = await jobProgress(results, { expected: { lists }, since: new Date() });
  return jobs.filter(({ total }) => total !== null);
}

async function severalModels(results: Results): Promise<boolean> {
  const models = await results.query(z.array(z.unknown()), 'select distinct model, preprocess from results limit 2');
  return models.length > 1;
}

/**
 * An image has a row of each model. `is_shown` is the one that stands for it, its latest classification if there is any;
 * `is_of_model` the one that does among those of a model, of which there are several by different crops, and `is_of_job`
 * among those of a job, where two jobs had it done by different models.
 */
const copyToTable = (several: boolean) => `
  create table images as
  select (row_number() over (order by key, bucket, image_id, model, preprocess) - 1)::integer as n,
    md5_number_upper(concat_ws(chr(10), image_id, model, preprocess)) as number,
    image_id, bucket, key, version, etag, job, status, reason, model, preprocess, label, probability, bytes,
    coalesce(classified_at, ingested_at) as done_at,
    ${several ? firstOf('image_id') : 'true'} as is_shown, ${several ? firstOf('image_id, model') : 'true'} as is_of_model,
    ${several ? firstOf('image_id, job') : 'true'} as is_of_job
  from results order by n`;

function firstOf(partition: string): string {
  return `row_number() over (
    partition by ${partition}
    order by status = 'classified' desc, coalesce(classified_at, ingested_at) desc, model, preprocess
  ) = 1`;
}

/** One column of integers, chunk by chunk as the database has it. */
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

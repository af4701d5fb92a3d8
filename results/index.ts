/**
 * The results of a store: rows, counts, SQL and similar images.
 * @module inception-batch/results
 */

import { z } from 'zod';
import { checkNode } from '../shared/deployment/check-node.ts';
import { parseOptions } from '../shared/failures/parse-options.ts';
import { UserError } from '../shared/failures/user-error.ts';
import { userCacheFolder } from '../shared/stores/local/user-cache-folder.ts';
import { assertOneQuery } from './export/assert-one-query.ts';
import { queryProblem } from './export/query-problem.ts';
import { similarOptions, sqlParameters, storeOptions } from './library-options.ts';
import { closable } from './open/closable.ts';
import { namedSource } from './open/named-source.ts';
import { openResults as openParts, type Results } from './open/open-results.ts';
import type { Part, ResultsSource } from './open/parts.ts';
import { ResultsChanged } from './open/results-changed.ts';
import { countByComputation } from './questions/count-by-computation.ts';
import { countByStatus } from './questions/count-by-status.ts';
import { countLabels } from './questions/count-labels.ts';
import type { ComputationCounts, LabelCount, StatusCounts } from './questions/counts.ts';
import { jobFilter, rowFilter } from './questions/row-filter.ts';
import { selectRows } from './questions/select-rows.ts';
import type { RowFilter, StoredRow } from './questions/stored-row.ts';
import { storedRowsSchema, storedRowsSql } from './questions/stored-rows.ts';
import type { DescribedHit } from './similar/search/similarity.ts';

checkNode();

export { Failure, type FailureReason } from '../shared/failures/failure.ts';
export type { LabeledRegion } from '../shared/regions/region.ts';
export type { ScoredLabel } from '../shared/rows/row.ts';
export type { ComputationCounts as ModelCounts, LabelCount, ReasonCount, StatusCounts } from './questions/counts.ts';
export type {
  ClassifiedImageRow,
  DeletedImageRow,
  RejectedImageRow,
  RowFilter,
  StoredRow,
} from './questions/stored-row.ts';
export type { DescribedHit as SimilarImage } from './similar/search/similarity.ts';
export { ResultsChanged, UserError };

/** How a store is opened. */
export interface StoreOptions {
  /** Whether rows have `embedding`, and SQL the column: 95 % of the bytes. @default false */
  readonly embeddings?: boolean | undefined;
  /** Whether the view `regions` of SQL has the column `embedding`: 4 kB per region, in parts of their own. @default false */
  readonly regionEmbeddings?: boolean | undefined;
  /** URL of an S3-compatible service. @default AWS, or the service that the environment names */
  readonly endpoint?: string | undefined;
  /** @default the region of the environment or of the AWS configuration files */
  readonly region?: string | undefined;
}

/** Selects the rows of one job. */
export interface JobFilter {
  /** The exact name of a job. @default all jobs */
  readonly job?: string | undefined;
}

/**
 * A value of a column: BIGINT is `bigint`, DECIMAL a rounded `number`, TIMESTAMP a `Date`, TIME a `bigint` of microseconds,
 * INTERVAL an object with `months`, `days` and `micros`, BLOB and BIT are bytes, lists are arrays. Cast a column to text for
 * all digits of a DECIMAL.
 */
export type SqlValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Date
  | Uint8Array
  | readonly SqlValue[]
  | { readonly [field: string]: SqlValue };

/** A row of a query: its columns by name. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** Values of named parameters: `$name` in the SQL is `name` here. */
export type SqlParameters = Readonly<Record<string, null | boolean | number | bigint | string>>;

/** Options of a search for similar images. */
export interface SimilarImageOptions {
  /** Maximum number of images, at least 1. @default 10 */
  readonly limit?: number | undefined;
  /** Minimum cosine, -1 to 1. @default -1 */
  readonly min?: number | undefined;
  /** Only images of this job. */
  readonly job?: string | undefined;
  /** Only images with this label, by name or id. */
  readonly label?: string | undefined;
  /**
   * The model whose embeddings are compared: its name, or the start of its id.
   * @default of those that classified the image, the most used; of several, the one used last
   */
  readonly model?: string | undefined;
  /** Aborted to end the building of the index of more than 50,000 images. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The results of a store, as they were when it was opened. Methods throw a `UserError` that names a damaged part or says
 * that the results are closed, and `ResultsChanged` if a compaction has removed parts since: open the store again. An unknown
 * job, label or model is a `UserError` that suggests another name; a label that is never the best one of an image selects
 * nothing. In a store without results every filter selects nothing.
 */
export interface StoredResults extends AsyncDisposable {
  /** Rows ordered by bucket and key, read as they are taken: a store of any size needs little memory. */
  rows(filter?: RowFilter): AsyncIterable<StoredRow>;
  /** Counts images by status and reason, of one job or all. Models that disagree about an image count it under each. */
  counts(filter?: JobFilter): Promise<StatusCounts>;
  /** Counts classified images by label, most frequent first. An image of several models counts for each. */
  labels(filter?: RowFilter): Promise<LabelCount[]>;
  /** Counts images by model and preprocessing, most images first. */
  models(filter?: JobFilter): Promise<ComputationCounts[]>;
  /**
   * Rows of one SQL query (DuckDB) over the view `results`, which has the columns of the Parquet files, and the view
   * `regions`, which has a row per region. The query can read no other file.
   * @param parameters values for `$name` in the SQL
   * @throws {@link UserError} if the SQL is invalid or no query, or a parameter is not in it
   * @example
   * for await (const { label, images } of results.sql('select label, count(*) as images from results group by label'))
   *   console.log(label, images);
   */
  sql(query: string, parameters?: SqlParameters): AsyncIterable<SqlRow>;
  /**
   * The most similar images, most similar first, by the cosine of their embeddings.
   * @param image id, key or path of an image of the results, which is left out of the answer; or an embedding
   * @throws {@link UserError} for an unknown image, or an embedding of another length
   */
  similar(image: string | Float32Array, options?: SimilarImageOptions): Promise<DescribedHit[]>;
  /** Ends open queries, frees memory and removes temporary files. Calling it again does nothing. */
  close(): Promise<void>;
}

/**
 * Opens the results of a store. A folder or bucket without results has no rows. Parts of a bucket are downloaded once, into the
 * user's cache folder.
 * @param store a folder or `s3://bucket/prefix`, as given to `run --store`
 * @throws {@link UserError} for a missing folder, suggesting a store near it; an invalid location; or a damaged part
 * @example
 * import { openResults } from 'inception-batch/results';
 *
 * await using results = await openResults('inception-store');
 * for await (const row of results.rows({ label: 'tench' })) console.log(row.key);
 */
export async function openResults(store: string, options: StoreOptions = {}): Promise<StoredResults> {
  const { embeddings = false, regionEmbeddings = false, ...aws } = parseOptions(storeOptions, options, 'openResults');
  const { source, name } = await namedSource(store, aws);
  const results = await openParts(source, { embeddings, regionEmbeddings });
  const searched = searcher(source, results.parts);
  const { run, items, close } = closable(() => Promise.all([results.close(), searched.close()]));
  const select = (filter: RowFilter) => selectRows(results, { source, name }, filter);
  return {
    rows: (filter = {}) =>
      items(async () => {
        const selected = await select(parseOptions(rowFilter, filter, 'rows'));
        return results.streamRowsSeparately(storedRowsSchema, storedRowsSql(selected));
      }),
    counts: (filter = {}) =>
      run(async () => countByStatus(results, await select(parseOptions(jobFilter, filter, 'counts')))),
    labels: (filter = {}) =>
      run(async () => countLabels(results, await select(parseOptions(rowFilter, filter, 'labels')))),
    models: (filter = {}) =>
      run(async () => countByComputation(results, await select(parseOptions(jobFilter, filter, 'models')))),
    sql: (query, parameters = {}) => items(() => queryRows(results, query, parameters)),
    similar: (image, options = {}) =>
      run(async () => {
        const { signal, ...search } = parseOptions(similarOptions, options, 'similar');
        if (typeof image !== 'string' && !(image instanceof Float32Array)) {
          throw new UserError('give the id, key or path of an image, or an embedding as a Float32Array');
        }
        await select({ job: search.job, label: search.label });
        const [found, { similarImages }] = await Promise.all([
          searched.open(),
          import('./similar/search/similar-images.ts'),
        ]);
        const index = { cacheFolder: userCacheFolder('similar'), storeName: name, stop: signal };
        return similarImages(found, image, { ...index, ...search });
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function* queryRows(results: Results, query: string, parameters: SqlParameters): AsyncGenerator<SqlRow[]> {
  const values = sqlParameters.safeParse(parameters);
  if (typeof query !== 'string' || !values.success) {
    throw new UserError(
      'give the SQL as text, and its parameters as null, booleans, numbers, bigints or texts by name',
    );
  }
  await results.confine();
  await results.withConnection((connection) => assertOneQuery(connection, query, embeddingAdvice));
  try {
    yield* results.streamRowsSeparately(sqlRowsSchema, query, values.data);
  } catch (error) {
    throw queryProblem(error, query, values.data);
  }
}

/** Neither view has the column by default. */
const embeddingAdvice =
  'open the results with "embeddings: true" for those of images, with "regionEmbeddings: true" for those of regions';

/** DuckDB's converter makes no other values than those of `SqlRow`. */
const sqlRowsSchema = z.array(z.custom<SqlRow>((row) => typeof row === 'object' && row !== null));

/** Opens the same parts with their embeddings when they are first searched. SQL confines the others to the parts. */
function searcher(source: ResultsSource, parts: readonly Part[]) {
  let opened: Promise<Results> | undefined;
  const choose = (existing: readonly Part[]) => {
    const ids = new Set(parts.map(({ id }) => id));
    const chosen = existing.filter(({ id }) => ids.has(id));
    if (chosen.length === ids.size) return chosen;
    throw new ResultsChanged('the parts of the results were replaced since they were opened: open them again');
  };
  return {
    open() {
      opened ??= openParts(source, { embeddings: true, choose }).catch((error: unknown) => {
        opened = undefined;
        throw error;
      });
      return opened;
    },
    close: async () => (await opened?.catch(() => undefined))?.close(),
  };
}

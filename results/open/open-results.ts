import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { Failure } from '../../shared/failures/failure.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { encodeEmptyPart } from '../../shared/rows/parquet.ts';
import { columns } from '../../shared/rows/schema.ts';
import { writeFailure } from '../../shared/stores/local/file-failure.ts';
import { makeTemporaryFolder } from '../../shared/stores/local/temporary-folder.ts';
import { assertColumns } from './assert-columns.ts';
import { checkFormats, type NamedFile } from './check-formats.ts';
import { checkNewParts } from './check-new-parts.ts';
import { createRegionsView } from './create-regions-view.ts';
import { createView } from './create-view.ts';
import { confineTo, openDatabase } from './database.ts';
import { explainFault, isAboutFiles, lastingFault } from './explain-fault.ts';
import { fetchedFiles } from './fetched-files.ts';
import { lightColumns, lightFiles } from './light-files.ts';
import { openRegions, type StoredRegions } from './open-regions.ts';
import { checkedFile, lightFolder, type Part, partsOf, type ResultsSource } from './parts.ts';
import { type Queries, queriesOn } from './queries.ts';
import { readParquet } from './sql-text.ts';

/**
 * The results as they were when they were opened: a DuckDB with the view `results`, one row per image, model and
 * preprocessing, columns as in `schema.ts`, and the view `regions`, one row per region of these images. Every method that takes SQL throws a `UserError` that names the damaged part,
 * or `ResultsChanged` if parts were removed since.
 */
export interface Results extends Queries {
  readonly partCount: number;
  /** In the order of `file_index`, which starts at 1, unless they were merged. */
  readonly parts: readonly Part[];
  /** For `from`: every stored row, duplicates included, with `file_index` and `file_row_number`. */
  readonly rowsSql: string;
  /** The parts with the embeddings of regions, as above; undefined unless they were opened. */
  readonly regions: StoredRegions | undefined;
  /**
   * Denies queries access to all files except the parts; call it before a query that a user wrote.
   * @param output another allowed file; must be given with the first call
   */
  confine(output?: string): Promise<void>;
  /** Frees memory and removes temporary files. */
  close(): Promise<void>;
}

export interface OpenOptions {
  /**
   * Whether the view has the column `embedding`, which is 95 % of the bytes. Without it, the other columns of many parts are
   * merged into few files in the cache folder, so that the next command reads only new parts.
   * @default true
   */
  readonly embeddings?: boolean;
  /**
   * Whether the view `regions` has the column `embedding`. It is read from parts of their own, which are not even listed
   * otherwise.
   * @default false
   */
  readonly regionEmbeddings?: boolean;
  /**
   * Selects the parts to open.
   * @default all
   */
  readonly choose?: (parts: readonly Part[]) => readonly Part[];
  /**
   * Whether parts without embeddings may be merged in the cache folder. Otherwise each is read separately.
   * @default true
   */
  readonly merge?: boolean;
}

/** Attempts to open parts while others are removed, as by a compaction, or a merged file is damaged. */
const maxAttempts = 8;
/** Milliseconds before the second attempt; each further pause is this much longer. */
const pauseMs = 250;

/**
 * Opens the results of a source. A source without parts gives an empty view.
 * @throws {UserError} naming the part that is damaged or has the wrong columns
 */
export async function openResults(source: ResultsSource, options: OpenOptions = {}): Promise<Results> {
  for (let attempt = 1; ; attempt += 1) {
    const all = await partsOf(source);
    const parts = options.choose?.(all) ?? all;
    // Listed afterwards: the embeddings of regions are stored before the rows.
    const regionParts = options.regionEmbeddings ? await partsOf(source, 'regions') : undefined;
    try {
      return await openParts({ parts, regionParts }, source, options);
    } catch (error) {
      const isGone = error instanceof Failure ? error.reason === 'object_gone' : isAboutFiles(error);
      if (!isGone) throw error;
      if (attempt === maxAttempts) throw new UserError(changingTooFast, { cause: error });
      if (isAboutMergedFile(error, source)) await removeMergedFiles(source);
      await sleep(attempt * pauseMs);
    }
  }
}

const changingTooFast = 'the parts of the results change faster than they can be read: wait until "compact" has ended';

/** Merged files can be rebuilt; their damage does not affect the parts. */
function isAboutMergedFile(error: unknown, source: ResultsSource): boolean {
  const folder = lightFolder(source);
  return folder !== undefined && error instanceof Error && error.message.includes(folder);
}

async function removeMergedFiles(source: ResultsSource): Promise<void> {
  const folder = lightFolder(source);
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
}

async function openParts(
  { parts, regionParts }: { readonly parts: readonly Part[]; readonly regionParts: readonly Part[] | undefined },
  source: ResultsSource,
  { embeddings = true, merge = true }: OpenOptions,
): Promise<Results> {
  const temporary = await makeTemporaryFolder('query');
  const temporaryFolder = temporary.path;
  const { connection, connect, close } = await openDatabase(join(temporaryFolder, 'spill')).catch(
    async (error: unknown) => {
      await temporary.remove();
      throw error;
    },
  );
  const schemaFile = join(temporaryFolder, 'schema.parquet');
  const regionSchemaFile = join(temporaryFolder, 'regions.parquet');
  const regions = regionParts && { parts: regionParts, schemaFile: regionSchemaFile };
  const opened = { parts, regions, source, schemaFile, temporaryFolder };
  try {
    await writeFile(schemaFile, encodeEmptyPart()).catch((cause: unknown) => {
      throw writeFailure(cause, temporaryFolder);
    });
    // Parts of a bucket are checked when they are fetched, and S3 checks its objects itself.
    if (source.kind === 'folder') await checkNewParts(parts, checkedFile(source));
    const check = (files: readonly NamedFile[]) => checkFormats(connection, files);
    const files = embeddings
      ? await fetchedFiles(parts, check)
      : await lightFiles(parts, { folder: merge ? lightFolder(source) : undefined, schemaFile, check });
    const names = embeddings ? Object.keys(columns) : lightColumns;
    const rowsSql = readParquet([schemaFile, ...files]);
    await assertColumns(connection, rowsSql, { schemaFile, names });
    await createView(connection, rowsSql, names);
    const stored = regions && (await openRegions(connection, regions, source));
    await createRegionsView(connection, stored?.rowsSql);
    return {
      partCount: parts.length,
      parts,
      rowsSql,
      regions: stored,
      ...queriesOn({ connection, connect }, (error) => explainFault(error, opened)),
      confine: confineOnce(connection, [schemaFile, ...files, ...(stored?.files ?? [])]),
      async close() {
        close();
        await temporary.remove();
      },
    };
  } catch (error) {
    try {
      throw (isAboutMergedFile(error, source) ? undefined : await lastingFault(error, opened)) ?? error;
    } finally {
      close();
      await temporary.remove();
    }
  }
}

function confineOnce(connection: DuckDBConnection, files: readonly string[]): Results['confine'] {
  let isConfined = false;
  return async (output) => {
    if (isConfined && output === undefined) return;
    await confineTo(connection, output === undefined ? files : [...files, output]);
    isConfined = true;
  };
}

import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { Failure } from '../../shared/failures/failure.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { encodeRows } from '../../shared/rows/parquet.ts';
import { columns } from '../../shared/rows/schema.ts';
import { createView } from './create-view.ts';
import { confineTo, firstLine, openDatabase } from './database.ts';
import { findBadPart } from './find-bad-part.ts';
import { lightColumns, lightFiles } from './light-files.ts';
import { lightFolder, mapParts, type Part, partsOf, type ResultsSource } from './parts.ts';
import { readParquet } from './sql-text.ts';

/** The results as they stood when they were opened. */
export interface Results {
  /** A DuckDB with the view `results`: one row per image, model and preprocessing, columns as in `schema.ts`. */
  readonly connection: DuckDBConnection;
  /** How many parts they come from. */
  readonly partCount: number;
  /** The parts that were opened; where they were not gathered, in the order of `file_index`, of which theirs begin at 1. */
  readonly parts: readonly Part[];
  /** Every row of every part, once for every time it was written, with `file_index` and `file_row_number`: for `from`. */
  readonly rowsSql: string;
  /**
   * Shuts the database off from every file but the parts, before it is given a query that somebody wrote.
   * @param output a file that may be written too; a database that is shut off already takes no other
   */
  confine(output?: string): Promise<void>;
  /** An error of a query as one for a person: the part that is at fault, or the first line of what DuckDB says. */
  explain(error: unknown): Promise<unknown>;
  /** Lets go of memory and temporary files. */
  close(): Promise<void>;
}

/** What was opened is no longer there: opened anew, the results answer. */
export class ResultsChanged extends UserError {}

export interface OpenOptions {
  /**
   * Whether the view has the column `embedding`. Without it, what is read and fetched is a twentieth, and is gathered in
   * the source's cache folder, so that the next time only new parts are read.
   * @default true
   */
  readonly embeddings?: boolean;
  /**
   * Which of the parts are opened.
   * @default all
   */
  readonly choose?: (parts: readonly Part[]) => readonly Part[];
  /**
   * Whether parts without embeddings may be gathered in the cache folder; otherwise each is read by itself.
   * @default true
   */
  readonly gather?: boolean;
}

/** How often parts are listed anew when some were taken away under way, as by a compaction, or what is kept is damaged. */
const mostListings = 8;
/** Milliseconds before the second listing; every further one waits a little longer. */
const pause = 250;

/**
 * Opens the results of a source. No parts are no error: the view is there, without rows.
 * @throws {UserError} naming the part that is damaged or holds something else.
 */
export async function openResults(source: ResultsSource, options: OpenOptions = {}): Promise<Results> {
  for (let listing = 1; ; listing += 1) {
    const all = await partsOf(source);
    const parts = options.choose?.(all) ?? all;
    try {
      return await openParts(parts, source, options);
    } catch (error) {
      const isGone = error instanceof Failure ? error.reason === 'object_gone' : isAboutFiles(error);
      if (!isGone) throw error;
      if (listing === mostListings) throw new UserError(unsteady, { cause: error });
      if (isAboutGathered(error, source)) await forgetGathered(source);
      await sleep(listing * pause);
    }
  }
}

const unsteady =
  'the parts of the results change faster than they can be read: is "inception-batch compact" running? Try again';

/** Damage to what was gathered of parts is none to the parts: it is gathered again. */
function isAboutGathered(error: unknown, source: ResultsSource): boolean {
  const folder = lightFolder(source);
  return folder !== undefined && error instanceof Error && error.message.includes(folder);
}

async function forgetGathered(source: ResultsSource): Promise<void> {
  const folder = lightFolder(source);
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
}

/** Whether a part, or what was fetched or gathered of it, is no longer there. */
async function someAreGone(parts: readonly Part[], { kind }: ResultsSource, error: unknown): Promise<boolean> {
  if (error instanceof Failure) return error.reason === 'object_gone';
  if (error instanceof Error && /No files found|Cannot open file/.test(error.message)) return true;
  if (kind !== 'folder') return false;
  const gone = await mapParts(parts, ({ name }) =>
    access(name).then(
      () => false,
      () => true,
    ),
  );
  return gone.includes(true);
}

async function openParts(
  parts: readonly Part[],
  source: ResultsSource,
  { embeddings = true, gather = true }: OpenOptions,
): Promise<Results> {
  const folder = await mkdtemp(join(tmpdir(), 'inception-batch-query-'));
  const database = await openDatabase(join(folder, 'spill')).catch(async (error: unknown) => {
    await rm(folder, { recursive: true });
    throw error;
  });
  const schemaFile = join(folder, 'schema.parquet');
  let files: readonly string[] = [];
  let rows = '';
  let isConfined = false;
  const results: Results = {
    connection: database.connection,
    partCount: parts.length,
    parts,
    get rowsSql() {
      return rows;
    },
    async confine(output) {
      if (isConfined && output === undefined) return;
      const outputs = output === undefined ? [] : [output];
      await confineTo(database.connection, [schemaFile, ...files, ...outputs]);
      isConfined = true;
    },
    async explain(error) {
      if (!(error instanceof Error) || !/^[A-Z][A-Za-z ]* Error: /.test(error.message)) return error;
      if (isAboutFiles(error) && (await someAreGone(parts, source, error))) {
        return new ResultsChanged('the results were compacted meanwhile: try again', { cause: error });
      }
      const options = { temporaryFolder: folder, error };
      const bad = isAboutFiles(error) ? await findBadPart(parts, schemaFile, options) : undefined;
      return bad ?? new UserError(firstLine(error), { cause: error });
    },
    async close() {
      database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await writeFile(schemaFile, encodeRows([]));
    files = embeddings
      ? await mapParts(parts, (part) => part.fetch())
      : await lightFiles(parts, gather ? lightFolder(source) : undefined);
    const names = embeddings ? Object.keys(columns) : lightColumns;
    rows = readParquet([schemaFile, ...files]);
    await assertOnlyResults(database.connection, rows, { schemaFile, names });
    await createView(database.connection, rows, names);
    return results;
  } catch (error) {
    if (error instanceof Failure) {
      await results.close();
      throw error;
    }
    const isPassing = isAboutGathered(error, source) || (await someAreGone(parts, source, error));
    const bad = isPassing ? undefined : await findBadPart(parts, schemaFile, { temporaryFolder: folder, error });
    await results.close();
    throw bad ?? error;
  }
}

/** Unlike a fault in the query's own text or arithmetic. */
function isAboutFiles(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return /^(IO|Invalid|Invalid Input|Internal|INTERNAL|FATAL|Fatal|Serialization|Corruption) Error: /.test(
    error.message,
  );
}

/** A file with other columns would pass for rows of nulls, or change the type of a column for all. */
async function assertOnlyResults(
  connection: DuckDBConnection,
  source: string,
  { schemaFile, names }: { schemaFile: string; names: readonly string[] },
): Promise<void> {
  const typesOf = async (from: string) => {
    const reader = await connection.runAndReadAll(`select ${names.join(', ')} from ${from} limit 0`);
    return reader.columnTypes().join();
  };
  if ((await typesOf(source)) !== (await typesOf(readParquet([schemaFile])))) {
    throw new UserError('the results hold files that are not results');
  }
}

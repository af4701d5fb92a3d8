import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { columns } from '../../shared/rows/schema.ts';
import { errorCode } from '../../shared/stores/local/file-failure.ts';
import { listNames, removeOld, renameDurably } from './cache-files.ts';
import { openDatabase } from './database.ts';
import { mapParts, type Part } from './parts.ts';
import { readParquet, textLiteral } from './sql-text.ts';

/** Every column but the embeddings, which are nineteen bytes in twenty. */
export const lightColumns = Object.keys(columns).filter((name) => name !== columns.embedding.name);

/** Parts that are read one by one rather than gathered: opening one costs a query some 50 µs. */
const fewParts = 32;
/** Files of gathered rows that are kept beside each other before they become one. */
const mostFiles = 8;

const coverSchema = z.object({ columns: z.array(z.string()), parts: z.array(z.string()) });

/** A file of the light columns of many parts, and whose they are. */
interface Gathered {
  readonly path: string;
  readonly parts: readonly string[];
}

/**
 * Files that together hold every row of some parts without its embedding, each once. Where parts are many, their rows
 * are gathered in few files that are kept, so that the next query reads only what came since: of a million rows in two
 * thousand parts, a twentieth of the time.
 *
 * Files are never changed, and any number of processes share a folder.
 * @param folder of this source alone; made when it is not there
 * @throws {Failure} `object_gone` when a part was taken away since it was listed
 */
export async function lightFiles(parts: readonly Part[], folder: string | undefined): Promise<string[]> {
  if (folder === undefined) return mapParts(parts, (part) => part.fetchLight());
  const gathered = await usable(folder, parts);
  const covered = new Set(gathered.flatMap((file) => file.parts));
  const others = parts.filter(({ id }) => !covered.has(id));
  const paths = await mapParts(others, (part) => part.fetchLight());
  if (others.length <= fewParts) return [...gathered.map(({ path }) => path), ...paths];
  // Several files become one together with what is new, so that there are never many.
  const merged = gathered.length < mostFiles ? [] : gathered;
  const kept = gathered.filter((file) => !merged.includes(file));
  const file = await gather(
    folder,
    [...merged.map(({ path }) => path), ...paths],
    [...merged.flatMap((own) => own.parts), ...others.map(({ id }) => id)],
  );
  await mapParts(others, (part) => part.dropLightCopy());
  return [...kept.map(({ path }) => path), file];
}

/**
 * Files all of whose parts are still there and none of whose parts another file has, those of most parts first: they are
 * what others became. The others are kept for an hour after they were used, as somebody may still read them.
 */
async function usable(folder: string, parts: readonly Part[]): Promise<Gathered[]> {
  const there = new Set(parts.map(({ id }) => id));
  const taken = new Set<string>();
  const found: Gathered[] = [];
  const names = await listNames(folder);
  const files = await Promise.all(
    names
      .filter((name) => name.endsWith('.json'))
      .map(async (name) => ({ name: name.replace(/\.json$/, ''), parts: (await coverOf(join(folder, name))) ?? [] })),
  );
  for (const { name, parts: own } of files.sort((a, b) => b.parts.length - a.parts.length)) {
    if (own.length === 0 || own.some((id) => !there.has(id) || taken.has(id))) continue;
    for (const id of own) taken.add(id);
    found.push({ path: join(folder, `${name}.parquet`), parts: own });
  }
  const now = new Date();
  await Promise.all(found.map(({ path }) => utimes(path, now, now)));
  const used = new Set(found.flatMap(({ path }) => [basename(path), basename(path).replace(/parquet$/, 'json')]));
  await removeOld(
    folder,
    names.filter((name) => !used.has(name)),
    hour,
  );
  return found;
}

const hour = 3_600_000;

/** Undefined where another version of this program wrote it, with other columns, or it is damaged: it is made again. */
async function coverOf(path: string): Promise<string[] | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  });
  const cover = coverSchema.safeParse(parsedJson(text));
  if (!cover.success || cover.data.columns.join() !== lightColumns.join()) return undefined;
  return cover.data.parts;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // half a file of a process that was killed
  }
}

/** In groups of rows small enough for all cores to have some. */
async function gather(folder: string, paths: readonly string[], parts: readonly string[]): Promise<string> {
  await mkdir(folder, { recursive: true });
  const name = join(folder, randomUUID());
  const partial = `${name}.partial`;
  const database = await openDatabase(join(folder, 'spill'));
  try {
    await database.connection.run(
      `copy (select ${lightColumns.join(', ')} from ${readParquet(paths)})
       to ${textLiteral(partial)} (format parquet, compression zstd, row_group_size 32768)`,
    );
    await renameDurably(partial, `${name}.parquet`);
    // Last, and whole or not at all: it is what makes the file one that counts.
    await writeFile(partial, JSON.stringify({ columns: lightColumns, parts }));
    await renameDurably(partial, `${name}.json`);
  } finally {
    database.close();
    await rm(partial, { force: true });
  }
  return `${name}.parquet`;
}

import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { partFormat } from '../../shared/rows/file-metadata.ts';
import { columns } from '../../shared/rows/schema.ts';
import { diskProblem, errorCode } from '../../shared/stores/local/file-failure.ts';
import { listNames, removeOld, renameDurably } from './cache-files.ts';
import type { NamedFile } from './check-formats.ts';
import { openDatabase } from './database.ts';
import { mapParts, type Part } from './parts.ts';
import { readParquet, textLiteral } from './sql-text.ts';

/** Every column except the embedding, which is 95 % of the bytes. */
export const lightColumns = Object.keys(columns).filter((name) => name !== columns.embedding.name);

/** Parts that are read directly instead of being merged: opening one takes a query about 50 µs. */
const maxUnmerged = 32;
/** Merged files up to which new parts become another merged file; then all become one. */
const maxMergedFiles = 8;

const coverSchema = z.object({
  columns: z.array(z.string()),
  parts: z.array(z.string()),
  /** Of the parts, see `partFormat`. */
  format: z.number().default(1),
});

/** A file with the light columns of many parts, and the ids of these parts. */
interface MergedFile {
  readonly path: string;
  readonly parts: readonly string[];
}

export interface LightFilesOptions {
  readonly folder: string | undefined;
  readonly schemaFile: string;
  readonly check: (files: readonly NamedFile[]) => Promise<void>;
}

/**
 * Files that together contain every row of some parts, without embeddings, once. The rows of many parts are merged into few
 * files in the cache, so that the next command reads only new parts: for a million rows in 2,000 parts that takes 5 % of the
 * time.
 *
 * Files are never changed, so processes can share a folder.
 * @param options.folder of merged files of this source; created if missing. Undefined to merge nothing.
 * @param options.schemaFile a part without rows that has every column
 * @param options.check called with the files of parts before they are merged or returned; throws if one cannot be read
 * @throws {Failure} `object_gone` if a part was removed since it was listed
 */
export async function lightFiles(
  parts: readonly Part[],
  { folder, schemaFile, check }: LightFilesOptions,
): Promise<string[]> {
  const fetchLight = async (fetched: readonly Part[]) => {
    const files = await mapParts(fetched, async (part) => ({ name: part.name, path: await part.fetchLight() }));
    await check(files);
    return files.map(({ path }) => path);
  };
  if (folder === undefined) return fetchLight(parts);
  const mergedFiles = await usableFiles(folder, parts);
  const covered = new Set(mergedFiles.flatMap((file) => file.parts));
  const uncovered = parts.filter(({ id }) => !covered.has(id));
  const paths = await fetchLight(uncovered);
  if (uncovered.length <= maxUnmerged) return [...mergedFiles.map(({ path }) => path), ...paths];
  const replaced = mergedFiles.length < maxMergedFiles ? [] : mergedFiles;
  const kept = mergedFiles.filter((file) => !replaced.includes(file));
  const unmerged = [...replaced.map(({ path }) => path), ...paths];
  const merged = await merge(
    folder,
    [schemaFile, ...unmerged],
    [...replaced.flatMap((file) => file.parts), ...uncovered.map(({ id }) => id)],
  ).catch((error: unknown) => {
    if (diskProblem(error) === undefined) throw error;
    return undefined;
  });
  // Slower, but the results stay readable while the cache disk is full or read-only.
  if (merged === undefined) return [...kept.map(({ path }) => path), ...unmerged];
  await mapParts(uncovered, (part) => part.dropLightCopy());
  return [...kept.map(({ path }) => path), merged];
}

/**
 * Selects files whose parts all exist, without overlap. Files with the most parts come first: they replaced others. Removes
 * the rest an hour after their last use, because another process may still read them.
 */
async function usableFiles(folder: string, parts: readonly Part[]): Promise<MergedFile[]> {
  const existing = new Set(parts.map(({ id }) => id));
  const covered = new Set<string>();
  const usable: MergedFile[] = [];
  const names = await listNames(folder);
  const files = await Promise.all(
    names
      .filter((name) => name.endsWith('.json'))
      .map(async (name) => ({ name: name.replace(/\.json$/, ''), parts: (await coverOf(join(folder, name))) ?? [] })),
  );
  for (const { name, parts: ids } of files.sort((a, b) => b.parts.length - a.parts.length)) {
    if (ids.length === 0 || ids.some((id) => !existing.has(id) || covered.has(id))) continue;
    for (const id of ids) covered.add(id);
    usable.push({ path: join(folder, `${name}.parquet`), parts: ids });
  }
  const now = new Date();
  // Fails on a read-only disk, from which nothing is removed either.
  await Promise.all(usable.map(({ path }) => utimes(path, now, now).catch(() => undefined)));
  const used = new Set(usable.flatMap(({ path }) => [basename(path), basename(path).replace(/parquet$/, 'json')]));
  await removeOld(
    folder,
    names.filter((name) => !used.has(name)),
    unusedMs,
  );
  return usable;
}

const unusedMs = 3_600_000;

/** The ids of the parts of a merged file. Undefined if another version wrote it, from parts that may differ, or it is damaged. */
async function coverOf(path: string): Promise<string[] | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  });
  const cover = coverSchema.safeParse(parsedJson(text));
  if (!cover.success || cover.data.columns.join() !== lightColumns.join()) return undefined;
  return cover.data.format === partFormat ? cover.data.parts : undefined;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // incomplete file of a killed process
  }
}

/** Row groups are small enough to give all cores some. */
async function merge(folder: string, paths: readonly string[], parts: readonly string[]): Promise<string> {
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
    // Written last and atomically: without it the merged file is not used.
    await writeFile(partial, JSON.stringify({ columns: lightColumns, parts, format: partFormat }));
    await renameDurably(partial, `${name}.json`);
  } finally {
    database.close();
    await rm(partial, { force: true }).catch(() => undefined); // the first error is the cause
  }
  return `${name}.parquet`;
}

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { partMetadata, regionPartMetadata } from '../../shared/rows/file-metadata.ts';
import { regionColumns } from '../../shared/rows/region-schema.ts';
import { columns, columnsOfRegions } from '../../shared/rows/schema.ts';
import { checkPart } from '../open/check-part.ts';
import { openDatabase } from '../open/database.ts';
import { metadataOption, readParquet, textLiteral } from '../open/sql-text.ts';
import type { ListedPart } from './plan-runs.ts';

/** Beyond this sorting uses the disk. With 1 GB a million embeddings of 1024 numbers cannot be sorted. */
const memoryLimit = '2GB';
/** 33 MB of embeddings, read or skipped together. */
const rowsPerGroup = 8192;
/** Approximate size of a file: small enough to write in one request and to read many in parallel. */
const bytesPerFile = '128MB';

const namesSchema = z.array(z.object({ column_name: z.string() }));
const countSchema = z.array(z.object({ count: z.bigint().transform(Number) })).length(1);

/** How parts of one kind are written. */
export interface SortedLayout {
  /** @param existing the columns that any of the parts has */
  columns(existing: ReadonlySet<string>): string[];
  readonly order: string;
  /** See `metadataKey`. */
  metadata(names: readonly string[]): string;
}

/** Of the rows of images. Parts without regions, and those of earlier versions, lack the columns of regions: files of such parts lack them too. */
export const rowLayout: SortedLayout = {
  columns: (existing) => Object.keys(columns).filter((name) => !columnsOfRegions.has(name) || existing.has(name)),
  order: 'bucket, key, image_id, model, preprocess, event_time',
  metadata: (names) => partMetadata({ hasRegions: names.includes(columns.regions.name) }),
};

/** Of the embeddings of regions. */
export const regionLayout: SortedLayout = {
  columns: () => Object.keys(regionColumns),
  order: 'image_id, model, preprocess, region, classified_at',
  metadata: () => regionPartMetadata,
};

/**
 * Writes the rows of some parts to a few files, in the order of their layout, without redundant rows.
 * @param redundantFile the `file_index`, as in `ListedPart`, and `file_row_number` of redundant rows
 * @param folder created by this function
 * @returns the paths of the files
 * @throws {DamagedPart}; {Error} if the number of rows is not as expected
 */
export async function writeSorted(
  parts: readonly ListedPart[],
  { redundantFile, layout, folder }: { redundantFile: string; layout: SortedLayout; folder: string },
): Promise<string[]> {
  const inputs: string[] = [];
  for (const { part } of parts) {
    const path = await part.fetch();
    // The parts are removed afterwards, so damage would become permanent.
    await checkPart({ key: part.address.key, name: part.name }, path);
    inputs.push(path);
  }
  const database = await openDatabase(`${folder}-spill`);
  const { connection } = database;
  const rowsIn = async (paths: readonly string[]) => {
    const reader = await connection.runAndReadAll(`select count(*) as count from ${readParquet(paths)}`);
    return countSchema.parse(reader.getRowObjectsJS())[0]?.count ?? 0;
  };
  try {
    const expected = (await rowsIn(inputs)) - parts.reduce((sum, { redundant }) => sum + redundant, 0);
    if (expected === 0) return [];
    await connection.run(`set memory_limit = '${memoryLimit}'`);
    const reader = await connection.runAndReadAll(`describe select * from ${readParquet(inputs)}`);
    const existing = namesSchema.parse(reader.getRowObjectsJS()).map(({ column_name: name }) => name);
    const names = layout.columns(new Set(existing));
    const indexes = `[${parts.map(({ fileIndex }) => fileIndex).join(', ')}]`;
    await connection.run(`
      create table redundant as
      select (list_position(${indexes}, file_index::bigint) - 1)::ubigint as file_index, file_row_number
      from read_parquet(${textLiteral(redundantFile)}) where list_contains(${indexes}, file_index::bigint)`);
    await connection.run(`
      copy (
        select ${names.join(', ')} from ${readParquet(inputs)}
        anti join redundant using (file_index, file_row_number)
        order by ${layout.order}
      ) to ${textLiteral(folder)}
      (format parquet, compression snappy, row_group_size ${rowsPerGroup}, file_size_bytes '${bytesPerFile}',
       ${metadataOption(layout.metadata(names))})`);
    const files = (await readdir(folder)).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    const paths = files.map((name) => join(folder, name));
    const rows = await rowsIn(paths);
    if (rows !== expected)
      throw new Error(`expected ${expected} rows after sorting but received ${rows}: no part was replaced`);
    return paths;
  } finally {
    database.close();
  }
}

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { partMetadata } from '../../shared/rows/file-metadata.ts';
import { columns } from '../../shared/rows/schema.ts';
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

/**
 * Writes the rows of some parts to a few files, ordered by bucket and key, without redundant rows.
 * @param redundantFile the `file_index`, as in `ListedPart`, and `file_row_number` of redundant rows
 * @param folder created by this function
 * @returns the paths of the files
 * @throws {DamagedPart}; {Error} if the number of rows is not as expected
 */
export async function writeSorted(
  parts: readonly ListedPart[],
  { redundantFile, folder }: { redundantFile: string; folder: string },
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
    // Parts without regions, and those of earlier versions, lack the column: files of such parts alone lack it too.
    const reader = await connection.runAndReadAll(`describe select * from ${readParquet(inputs)}`);
    const existing = new Set(namesSchema.parse(reader.getRowObjectsJS()).map(({ column_name: name }) => name));
    const names = Object.keys(columns).filter((name) => name !== columns.regions.name || existing.has(name));
    const metadata = partMetadata({ hasRegions: names.includes(columns.regions.name) });
    const indexes = `[${parts.map(({ fileIndex }) => fileIndex).join(', ')}]`;
    await connection.run(`
      create table redundant as
      select (list_position(${indexes}, file_index::bigint) - 1)::ubigint as file_index, file_row_number
      from read_parquet(${textLiteral(redundantFile)}) where list_contains(${indexes}, file_index::bigint)`);
    await connection.run(`
      copy (
        select ${names.join(', ')} from ${readParquet(inputs)}
        anti join redundant using (file_index, file_row_number)
        order by bucket, key, image_id, model, preprocess, event_time
      ) to ${textLiteral(folder)}
      (format parquet, compression snappy, row_group_size ${rowsPerGroup}, file_size_bytes '${bytesPerFile}',
       ${metadataOption(metadata)})`);
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

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { columns } from '../../shared/rows/schema.ts';
import { openDatabase } from '../open/database.ts';
import { readParquet, textLiteral } from '../open/sql-text.ts';
import type { ListedPart } from './plan-runs.ts';

/** What sorting takes at most before it uses the disk; with 1 GB a million embeddings of 1024 numbers cannot be sorted. */
const memoryLimit = '2GB';
/** Rows that are read or skipped together: 33 MB of embeddings. */
const groupRows = 8192;
/** Of a file, about: so that it is written in one request, and read by many readers at once. */
const fileBytes = '128MB';

const countSchema = z.array(z.object({ count: z.bigint().transform(Number) })).length(1);

/**
 * Writes the rows of some parts in the order of bucket and key as a few files, without those that are redundant.
 * @param redundantFile places of redundant rows, `file_index` being that of `ListedPart`
 * @param folder made by this
 * @throws {Error} when the files have not exactly the rows that they should have
 */
export async function writeSorted(
  parts: readonly ListedPart[],
  { redundantFile, folder }: { redundantFile: string; folder: string },
): Promise<string[]> {
  const inputs: string[] = [];
  for (const { part } of parts) inputs.push(await part.fetch());
  const database = await openDatabase(`${folder}-spill`);
  const { connection } = database;
  const rowsIn = async (paths: readonly string[]) => {
    const reader = await connection.runAndReadAll(`select count(*) as count from ${readParquet(paths)}`);
    return countSchema.parse(reader.getRowObjectsJS())[0]?.count ?? 0;
  };
  try {
    const wanted = (await rowsIn(inputs)) - parts.reduce((sum, { redundant }) => sum + redundant, 0);
    if (wanted === 0) return [];
    await connection.run(`set memory_limit = '${memoryLimit}'`);
    const places = `[${parts.map(({ fileIndex }) => fileIndex).join(', ')}]`;
    await connection.run(`
      create table redundant as
      select (list_position(${places}, file_index::bigint) - 1)::ubigint as file_index, file_row_number
      from read_parquet(${textLiteral(redundantFile)}) where list_contains(${places}, file_index::bigint)`);
    await connection.run(`
      copy (
        select ${Object.keys(columns).join(', ')} from ${readParquet(inputs)}
        anti join redundant using (file_index, file_row_number)
        order by bucket, key, image_id, model, preprocess, event_time
      ) to ${textLiteral(folder)}
      (format parquet, compression snappy, row_group_size ${groupRows}, file_size_bytes '${fileBytes}')`);
    const names = (await readdir(folder)).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    const paths = names.map((name) => join(folder, name));
    const rows = await rowsIn(paths);
    if (rows !== wanted) throw new Error(`expected ${wanted} rows after sorting, got ${rows}: nothing was replaced`);
    return paths;
  } finally {
    database.close();
  }
}

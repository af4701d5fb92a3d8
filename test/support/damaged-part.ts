import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parquetMetadata } from 'hyparquet';
import { encodeRows } from '../../shared/rows/parquet.ts';
import type { ResultRow } from '../../shared/rows/row.ts';

/** Writes a part to a store folder whose column `embedding` alone is damaged, so that opening the store finds no fault. */
export async function writeDamagedEmbeddings(store: string, rows: readonly ResultRow[]): Promise<string> {
  const bytes = encodeRows(rows);
  const { row_groups: groups } = parquetMetadata(Uint8Array.from(bytes).buffer);
  const column = groups[0]?.columns.find(({ meta_data: chunk }) => chunk?.path_in_schema[0] === 'embedding');
  const start = Number(column?.meta_data?.data_page_offset);
  const path = join(store, 'results', 'damaged.parquet');
  await mkdir(join(store, 'results'), { recursive: true });
  await writeFile(path, Buffer.from(bytes).fill(0xff, start, start + 16));
  return path;
}

import { writeFile } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { encodeRegionRows } from '../../shared/rows/region-rows.ts';
import { regionColumns } from '../../shared/rows/region-schema.ts';
import { writeFailure } from '../../shared/stores/local/file-failure.ts';
import { assertColumns } from './assert-columns.ts';
import { checkFormats } from './check-formats.ts';
import { checkNewParts } from './check-new-parts.ts';
import { fetchedFiles } from './fetched-files.ts';
import type { OpenedRegions } from './opened-parts.ts';
import { checkedFile, type Part, type ResultsSource } from './parts.ts';
import { readParquet } from './sql-text.ts';

/** The parts with the embeddings of regions, fetched. */
export interface StoredRegions {
  /** In the order of `file_index`, which starts at 1. */
  readonly parts: readonly Part[];
  readonly files: readonly string[];
  /** For `from`: every stored region, duplicates included, with `file_index` and `file_row_number`. */
  readonly rowsSql: string;
}

/** @throws {UserError} naming a part that is damaged or of a later version; {Failure} `object_gone` */
export async function openRegions(
  connection: DuckDBConnection,
  { parts, schemaFile }: OpenedRegions,
  source: ResultsSource,
): Promise<StoredRegions> {
  await writeFile(schemaFile, encodeRegionRows([])).catch((cause: unknown) => {
    throw writeFailure(cause, schemaFile);
  });
  if (source.kind === 'folder') await checkNewParts(parts, checkedFile(source, 'regions'));
  const fetched = await fetchedFiles(parts, (files) => checkFormats(connection, files));
  const files = [schemaFile, ...fetched];
  const rowsSql = readParquet(files);
  await assertColumns(connection, rowsSql, { schemaFile, names: Object.keys(regionColumns) });
  return { parts, files, rowsSql };
}

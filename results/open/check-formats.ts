import type { DuckDBConnection } from '@duckdb/node-api';
import { z } from 'zod';
import { UserError } from '../../shared/failures/user-error.ts';
import { metadataKey, partFormat } from '../../shared/rows/file-metadata.ts';
import { literalPattern, textLiteral } from './sql-text.ts';

/** A part, or a copy of it that has its metadata. */
export interface NamedFile {
  /** For messages, see `Part`. */
  readonly name: string;
  readonly path: string;
}

/** A later version wrote a part in a way that this version would misread. */
export class UnknownFormat extends UserError {
  constructor(name: string, format: number) {
    super(
      `${name} has format ${format}, and this version of inception-batch reads up to ${partFormat}: ` +
        'install the version that wrote it, or a later one',
    );
  }
}

const valuesSchema = z.array(z.object({ path: z.string(), value: z.string() }));
const metadataSchema = z.object({ format: z.int() });

/**
 * Reads the format of parts from their metadata; parts of earlier versions have none, which means 1.
 * @throws {UnknownFormat} naming the first part with a later format
 */
export async function checkFormats(connection: DuckDBConnection, files: readonly NamedFile[]): Promise<void> {
  if (files.length === 0) return;
  const paths = files.map(({ path }) => textLiteral(literalPattern(path))).join(', ');
  const reader = await connection.runAndReadAll(
    `select file_name as path, decode(value) as value from parquet_kv_metadata([${paths}])
     where key = ${textLiteral(metadataKey)}::blob`,
  );
  const formats = new Map<string, number>();
  for (const { path, value } of valuesSchema.parse(reader.getRowObjectsJS())) formats.set(path, formatOf(value));
  for (const { name, path } of files) {
    const format = formats.get(path) ?? 1;
    if (format > partFormat) throw new UnknownFormat(name, format);
  }
}

/** 1 for text that is not ours: the columns of the file decide. */
function formatOf(value: string): number {
  try {
    const metadata = metadataSchema.safeParse(JSON.parse(value));
    return metadata.success ? metadata.data.format : 1;
  } catch {
    return 1;
  }
}

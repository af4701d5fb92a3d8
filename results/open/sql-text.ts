import { metadataKey } from '../../shared/rows/file-metadata.ts';

/** Quotes text as an SQL literal. */
export function textLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Escapes a path so that, as a glob pattern, it matches only itself. */
export function literalPattern(path: string): string {
  return path.replaceAll(/[[*?]/g, '[$&]');
}

/**
 * SQL that reads exactly these files, in this order. A `date=…` folder does not become a column, and a column that an older
 * part lacks is null.
 */
export function readParquet(paths: readonly string[]): string {
  const list = paths.map((path) => textLiteral(literalPattern(path))).join(', ');
  return `read_parquet([${list}], union_by_name = true, hive_partitioning = false)`;
}

/** Option of `copy` that writes the metadata of a Parquet file, see `metadataKey`. */
export function metadataOption(value: string): string {
  return `kv_metadata {${metadataKey}: ${textLiteral(value)}}`;
}

/** Text as a literal of SQL. */
export function textLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A path as the pattern that it alone matches. */
export function literalPattern(path: string): string {
  return path.replaceAll(/[[*?]/g, '[$&]');
}

/**
 * `read_parquet` of exactly these files, in this order. The characters of a pattern stand for themselves, a `date=…`
 * folder is no column, and a column that an older part lacks is null there.
 */
export function readParquet(paths: readonly string[]): string {
  const list = paths.map((path) => textLiteral(literalPattern(path))).join(', ');
  return `read_parquet([${list}], union_by_name = true, hive_partitioning = false)`;
}

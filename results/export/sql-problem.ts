import { firstLine } from '../open/database.ts';

/**
 * What DuckDB says about an invalid query, in one line: the names that were probably meant, and the views.
 * @param embeddingAdvice how to get the column `embedding` that the views do not have
 */
export function sqlProblem(error: unknown, embeddingAdvice?: string): string {
  const first = firstLine(error).replace(/!$/, '');
  const isAboutTable = /Table with name .* does not exist$/.test(first);
  if (embeddingAdvice !== undefined && isAboutEmbedding.test(first)) return `${first}: ${embeddingAdvice}`;
  return `${first}${nearNames(error)}${isAboutTable ? '; the views are results and regions' : ''}`;
}

const isAboutEmbedding = /column (named )?"embedding"/i;

/** DuckDB lists the nearest first, with distant ones after it. It also suggests its own tables. */
function nearNames(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  const [, list = ''] = /^(?:Candidate \w+|Did you mean):? (".*")\??$/m.exec(message) ?? [];
  const names = Array.from(list.matchAll(/"([^"]+)"/g), ([, name = '']) => name);
  const known = names.filter((name) => !/^(sqlite_|pg_|duckdb_|information_schema)/.test(name));
  return known.length === 0 ? '' : ` (did you mean ${known.slice(0, 2).join(' or ')}?)`;
}

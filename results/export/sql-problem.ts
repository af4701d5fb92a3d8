import { firstLine } from '../open/database.ts';

/** What DuckDB says about an invalid query, in one line: the names that were probably meant, and the only view. */
export function sqlProblem(error: unknown): string {
  const first = firstLine(error).replace(/!$/, '');
  const isAboutTable = /Table with name .* does not exist$/.test(first);
  return `${first}${nearNames(error)}${isAboutTable ? '; the view is results' : ''}`;
}

/** DuckDB lists the nearest first, with distant ones after it. It also suggests its own tables. */
function nearNames(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  const [, list = ''] = /^(?:Candidate \w+|Did you mean):? (".*")\??$/m.exec(message) ?? [];
  const names = Array.from(list.matchAll(/"([^"]+)"/g), ([, name = '']) => name);
  const known = names.filter((name) => !/^(sqlite_|pg_|duckdb_|information_schema)/.test(name));
  return known.length === 0 ? '' : ` (did you mean ${known.slice(0, 2).join(' or ')}?)`;
}

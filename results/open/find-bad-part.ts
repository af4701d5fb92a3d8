import { z } from 'zod';
import { UserError } from '../../shared/failures/user-error.ts';
import { firstLine, openDatabase } from './database.ts';
import type { Part } from './parts.ts';
import { readParquet } from './sql-text.ts';

const columnsSchema = z.array(z.object({ column_name: z.string(), column_type: z.string() }));

/** Without these a row belongs to no image. */
const identityColumns = ['image_id', 'model', 'preprocess', 'status'];

/**
 * The first part that cannot be read to its end or holds no results, as the error that names it. Reads everything, unless
 * what went wrong names a part: for the case that something did. In a database of its own, since a grave error closes the
 * one it hits. What was fetched of a part is fetched anew before the part is blamed, since it may be that which is damaged.
 * @param schemaFile a part without rows, the example of what the columns must be
 */
export async function findBadPart(
  all: readonly Part[],
  schemaFile: string,
  { temporaryFolder, error }: { readonly temporaryFolder: string; readonly error: unknown },
): Promise<UserError | undefined> {
  const text = error instanceof Error ? error.message : '';
  const named = all.filter(({ id, name }) => text.includes(id) || text.includes(name));
  const parts = named.length > 0 ? named : all;
  const database = await openDatabase(temporaryFolder);
  try {
    const columnsOf = async (path: string) => {
      const reader = await database.connection.runAndReadAll(`describe select * from ${readParquet([path])}`);
      return new Map(
        columnsSchema.parse(reader.getRowObjectsJS()).map((column) => [column.column_name, column.column_type]),
      );
    };
    const expected = await columnsOf(schemaFile);
    const faultOf = async ({ name, fetch }: Part) => {
      const path = await fetch();
      try {
        const fault = foreignColumn(await columnsOf(path), expected);
        if (fault !== undefined) {
          return new UserError(`${name} holds no results: ${fault}; move it out of the results`);
        }
        await database.connection.run(`select count(hash(part)) from ${readParquet([path])} as part`);
        return undefined;
      } catch (cause) {
        const said = firstLine(cause).replaceAll(path, name);
        return new UserError(`${name} is damaged, or no Parquet file; move it out of the results (${said})`, { cause });
      }
    };
    for (const part of parts) {
      if ((await faultOf(part)) === undefined) continue;
      await part.dropCopies();
      const fault = await faultOf(part);
      if (fault !== undefined) return fault;
    }
    return undefined;
  } finally {
    database.close();
  }
}

function foreignColumn(columns: Map<string, string>, expected: Map<string, string>): string | undefined {
  for (const [name, type] of expected) {
    const found = columns.get(name);
    if (found === undefined && identityColumns.includes(name)) return `expected a column ${name}`;
    if (found !== undefined && found !== type) return `expected ${type} in column ${name}, got ${found}`;
  }
  return undefined;
}

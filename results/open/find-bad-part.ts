import { z } from 'zod';
import { UserError } from '../../shared/failures/user-error.ts';
import { firstLine, openDatabase, withoutPath } from './database.ts';
import type { OpenedParts } from './opened-parts.ts';
import type { Part } from './parts.ts';
import { readParquet } from './sql-text.ts';

const columnsSchema = z.array(z.object({ column_name: z.string(), column_type: z.string() }));

/** A row without these belongs to no image. */
const identityColumns = ['image_id', 'model', 'preprocess', 'status'];

/**
 * The error that names the first part which cannot be read completely or has the wrong columns. Only called after a fault:
 * it reads every part, unless the message of the fault names one. It uses a new database, because a fatal error closes the
 * database in which it occurs. A fetched copy may be what is damaged, so a part is fetched again before it is reported.
 * @param opened.schemaFile a part without rows: the column types to expect, as that of `regions`
 */
export async function findBadPart(fault: unknown, opened: Omit<OpenedParts, 'source'>): Promise<UserError | undefined> {
  const text = fault instanceof Error ? fault.message : '';
  const database = await openDatabase(opened.temporaryFolder);
  try {
    const typesOf = async (path: string) => {
      const reader = await database.connection.runAndReadAll(`describe select * from ${readParquet([path])}`);
      return new Map(
        columnsSchema.parse(reader.getRowObjectsJS()).map((column) => [column.column_name, column.column_type]),
      );
    };
    const faultOf = async ({ name, fetch }: Part, expected: Map<string, string>) => {
      const path = await fetch();
      try {
        const columnFault = wrongColumn(await typesOf(path), expected);
        if (columnFault !== undefined) {
          return new UserError(`${name} is not a part of results: ${columnFault}; move it out of the store`);
        }
        await database.connection.run(`select count(hash(part)) from ${readParquet([path])} as part`);
        return undefined;
      } catch (cause) {
        const detail = withoutPath(firstLine(cause), path);
        return new UserError(`${name} is damaged or not a Parquet file; move it out of the store (${detail})`, {
          cause,
        });
      }
    };
    const kinds = [opened, ...(opened.regions === undefined ? [] : [opened.regions])];
    const isNamed = ({ id, name }: Part) => text.includes(id) || text.includes(name);
    const isAnyNamed = kinds.some(({ parts }) => parts.some(isNamed));
    for (const { parts, schemaFile } of kinds) {
      const expected = await typesOf(schemaFile);
      for (const part of isAnyNamed ? parts.filter(isNamed) : parts) {
        if ((await faultOf(part, expected)) === undefined) continue;
        await part.dropCopies();
        const confirmed = await faultOf(part, expected);
        if (confirmed !== undefined) return confirmed;
      }
    }
    return undefined;
  } finally {
    database.close();
  }
}

function wrongColumn(types: Map<string, string>, expected: Map<string, string>): string | undefined {
  for (const [name, type] of expected) {
    const received = types.get(name);
    if (received === undefined && identityColumns.includes(name)) return `column ${name} is missing`;
    if (received !== undefined && received !== type)
      return `expected ${type} in column ${name} but received ${received}`;
  }
  return undefined;
}

import { access, constants } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { z } from 'zod';
import { UserError } from '../../shared/failures/user-error.ts';
import { firstLine, openDatabase } from '../open/database.ts';
import { literalPattern, textLiteral } from '../open/sql-text.ts';

/** Trimmed; both may be empty. */
export interface LabelLine {
  readonly image: string;
  readonly label: string;
}

const advice = 'give a CSV file (RFC 4180) with the columns image and label in its first line';
const linesSchema = z.array(z.object({ image: z.string(), label: z.string() }));

/**
 * Reads labels from CSV with the columns `image` and `label`; ignores other columns.
 * @throws {UserError} if the file cannot be read, is not CSV, or lacks a column
 */
export async function readLabelFile(path: string): Promise<LabelLine[]> {
  await access(path, constants.R_OK).catch((cause: unknown) => {
    throw new UserError(`the labels in ${path} cannot be read: give a folder of class folders or a CSV file`, {
      cause,
    });
  });
  const database = await openDatabase(tmpdir());
  const file = textLiteral(literalPattern(path));
  // Without `skip`, DuckDB may detect the header in the middle of the file.
  const source = `read_csv(${file}, header = true, skip = 0, all_varchar = true, delim = ',', quote = '"', escape = '"')`;
  try {
    const names = (await database.connection.runAndReadAll(`select * from ${source} limit 0`)).columnNames();
    const missing = ['image', 'label'].find((name) => !names.includes(name));
    if (missing !== undefined) {
      throw new UserError(`${path} has no column ${missing}, only ${names.join(', ')}: ${advice}`);
    }
    const reader = await database.connection.runAndReadAll(
      `select trim(coalesce(image, '')) as image, trim(coalesce(label, '')) as label from ${source}`,
    );
    return linesSchema.parse(reader.getRowObjectsJS());
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`${path} is not valid CSV (${firstLine(cause)}): ${advice}`, { cause });
  } finally {
    database.close();
  }
}

import { access, constants } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { z } from 'zod';
import { UserError } from '../../shared/failures/user-error.ts';
import { firstLine, openDatabase } from '../open/database.ts';
import { literalPattern, textLiteral } from '../open/sql-text.ts';

/** A line of a file of labels, blanks around both trimmed; either may be empty. */
export interface LabelLine {
  readonly image: string;
  readonly label: string;
}

const expected = 'expected CSV (RFC 4180) whose first line has the columns image and label';
const linesSchema = z.array(z.object({ image: z.string(), label: z.string() }));

/**
 * Reads labels from CSV with the columns `image` and `label`; others are passed over.
 * @throws {UserError} when the file cannot be read, is no such CSV, or lacks a column
 */
export async function readLabelFile(path: string): Promise<LabelLine[]> {
  await access(path, constants.R_OK).catch((cause: unknown) => {
    throw new UserError(`the labels in ${path} cannot be read: expected a folder of class folders or a CSV file`, {
      cause,
    });
  });
  const database = await openDatabase(tmpdir());
  const file = textLiteral(literalPattern(path));
  // Told to skip none, it takes no line in the middle for the one with the names.
  const source = `read_csv(${file}, header = true, skip = 0, all_varchar = true, delim = ',', quote = '"', escape = '"')`;
  try {
    const names = (await database.connection.runAndReadAll(`select * from ${source} limit 0`)).columnNames();
    const missing = ['image', 'label'].find((name) => !names.includes(name));
    if (missing !== undefined) {
      throw new UserError(`${expected}: ${path} has no column ${missing}, but ${names.join(', ')}`);
    }
    const reader = await database.connection.runAndReadAll(
      `select trim(coalesce(image, '')) as image, trim(coalesce(label, '')) as label from ${source}`,
    );
    return linesSchema.parse(reader.getRowObjectsJS());
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`${expected}: ${path} cannot be read as such (${firstLine(cause)})`, { cause });
  } finally {
    database.close();
  }
}

import { z } from 'zod';
import { rowStatuses } from './row-selection.ts';

/** DuckDB ends a text at NUL, which no name or key has. */
const textWithoutNul = z.string().refine((value) => !value.includes('\0'));

/** An empty text is never a name. */
export const nameText = textWithoutNul.min(1);

const job = nameText.optional().describe('the name of a job');

/** A `RowFilter` of a program. */
export const rowFilter = z.strictObject({
  job,
  status: z.enum(rowStatuses).optional().describe(rowStatuses.join(', ')),
  label: nameText.optional().describe('a label by name or id'),
  model: nameText.optional().describe('a model by name, or the start of its id'),
  minProbability: z.number().min(0).max(1).optional().describe('a number from 0 to 1'),
  prefix: textWithoutNul.optional().describe('the beginning of keys'),
});

/** A filter by job alone. */
export const jobFilter = z.strictObject({ job });

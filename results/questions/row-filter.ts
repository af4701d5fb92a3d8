import { z } from 'zod';
import { rowStatuses } from './row-selection.ts';

/** DuckDB ends a text at NUL, which no name or key has. */
const text = z.string().refine((value) => !value.includes('\0'));

const job = text.optional().describe('the name of a job');

/** A `RowFilter` of a program. */
export const rowFilter = z.strictObject({
  job,
  status: z.enum(rowStatuses).optional().describe(rowStatuses.join(', ')),
  label: text.optional().describe('a label by name or id'),
  model: text.optional().describe('a model by name, or the start of its id'),
  minProbability: z.number().min(0).max(1).optional().describe('a number from 0 to 1'),
  prefix: text.optional().describe('the beginning of keys'),
});

/** A filter by job alone. */
export const jobFilter = z.strictObject({ job });

import { z } from 'zod';
import { rowStatuses } from './row-selection.ts';

const job = z.string().optional().describe('the name of a job');

/** A `RowFilter` of a program. */
export const rowFilter = z.strictObject({
  job,
  status: z.enum(rowStatuses).optional().describe(rowStatuses.join(', ')),
  label: z.string().optional().describe('a label by name or id'),
  model: z.string().optional().describe('a model by name or id'),
  prefix: z.string().optional().describe('the beginning of keys'),
});

/** A filter by job alone. */
export const jobFilter = z.strictObject({ job });

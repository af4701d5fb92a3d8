import { z } from 'zod';
import type { Results } from '../open/open-results.ts';
import type { ComputationCounts } from './counts.ts';
import { rowCondition } from './row-selection.ts';

const countsSchema = z.array(
  z.object({
    model: z.string(),
    preprocess: z.string(),
    classified: z.number(),
    rejected: z.number(),
    deleted: z.number(),
  }),
);

/**
 * Counts the images of every model and preprocessing, of all jobs or one, most images first. An image with rows of several
 * models counts for each.
 * @throws {UserError} naming a part that cannot be read
 */
export async function countByComputation(
  results: Results,
  { job }: { job?: string | undefined } = {},
): Promise<ComputationCounts[]> {
  const count = (status: string) => `(count(*) filter (status = '${status}'))::double as ${status}`;
  return results.query(
    countsSchema,
    `select model, preprocess, ${['classified', 'rejected', 'deleted'].map(count).join(', ')}
     from results where ${rowCondition({ job, deleted: true })}
     group by model, preprocess order by count(*) desc, model, preprocess`,
  );
}

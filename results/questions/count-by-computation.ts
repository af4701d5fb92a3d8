import { z } from 'zod';
import type { Results } from '../open/open-results.ts';
import type { Computation } from './finished-images.ts';

/** What a model made of images. */
export interface ComputationCounts extends Computation {
  readonly classified: number;
  readonly rejected: number;
  /** Whose object was deleted since. */
  readonly deleted: number;
}

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
 * How many images every model has, all or those of one job, most first. An image that several have counts for each.
 * @throws {UserError} naming a part that cannot be read
 */
export async function countByComputation(
  results: Results,
  { job }: { job?: string | undefined } = {},
): Promise<ComputationCounts[]> {
  const count = (status: string) => `(count(*) filter (status = '${status}'))::double as ${status}`;
  const run = async () => {
    const reader = await results.connection.runAndReadAll(
      `select model, preprocess, ${['classified', 'rejected', 'deleted'].map(count).join(', ')}
       from results where $job is null or job = $job
       group by model, preprocess order by count(*) desc, model, preprocess`,
      { job: job ?? null },
    );
    return countsSchema.parse(reader.getRowObjectsJS());
  };
  return run().catch(async (error: unknown) => {
    throw await results.explain(error);
  });
}

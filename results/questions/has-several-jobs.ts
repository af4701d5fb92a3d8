import { z } from 'zod';
import type { Results } from '../open/open-results.ts';

const foundSchema = z.tuple([z.object({ several: z.boolean() })]);

/** Whether the rows are of two jobs or more: images of different folders may have equal keys. */
export async function hasSeveralJobs(results: Results): Promise<boolean> {
  const [{ several }] = await results.query(
    foundSchema,
    'select coalesce(min(job) <> max(job), false) as several from results',
  );
  return several;
}

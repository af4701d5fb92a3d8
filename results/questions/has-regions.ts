import { z } from 'zod';
import type { Results } from '../open/open-results.ts';

const foundSchema = z.tuple([z.object({ found: z.boolean() })]);

/** Whether any image was classified with regions. */
export async function hasRegions(results: Results): Promise<boolean> {
  const [{ found }] = await results.query(
    foundSchema,
    'select exists (from results where regions is not null) as found',
  );
  return found;
}

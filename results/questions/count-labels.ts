import { z } from 'zod';
import type { Results } from '../open/open-results.ts';
import type { LabelCount } from './counts.ts';
import { type RowSelection, rowCondition } from './row-selection.ts';

const countsSchema = z.array(z.object({ label: z.string(), label_id: z.string(), images: z.number() }));

/**
 * Counts classified images by label, most frequent first.
 * @throws {UserError} naming a part that cannot be read
 */
export async function countLabels(results: Results, selection: RowSelection): Promise<LabelCount[]> {
  return results.query(
    countsSchema,
    `select label, label_id, count(*)::double as images from results
     where ${rowCondition(selection)} and label is not null
     group by label, label_id order by images desc, label, label_id`,
  );
}

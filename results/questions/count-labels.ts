import { z } from 'zod';
import type { Results } from '../open/open-results.ts';
import type { LabelCount } from './counts.ts';
import type { RowFilter } from './stored-row.ts';
import { filterParameters, filterSql } from './stored-rows.ts';

const countsSchema = z.array(z.object({ label: z.string(), label_id: z.string(), images: z.number() }));

/**
 * Counts classified images by label, most frequent first.
 * @throws {UserError} naming a part that cannot be read
 */
export async function countLabels(results: Results, filter: RowFilter): Promise<LabelCount[]> {
  return results.query(
    countsSchema,
    `select label, label_id, count(*)::double as images from results
     where ${filterSql(filter)} and label is not null
     group by label, label_id order by images desc, label, label_id`,
    filterParameters(filter),
  );
}

import { z } from 'zod';
import type { Results } from '../open/open-results.ts';
import { filterParameters, filterSql, type RowFilter } from './stored-rows.ts';

/** A label and how many images have it. */
export interface LabelCount {
  readonly label: string;
  readonly label_id: string;
  readonly images: number;
}

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

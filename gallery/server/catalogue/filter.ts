import { z } from 'zod';
import { textLiteral } from '../../../results/open/sql-text.ts';
import { labelMatchesSql } from '../../../shared/models/label-name.ts';
import { filterValues, maxTextLength, sortOrders, statuses } from '../filter-values.ts';

/** @param what to give, for messages */
const textFilter = (what: string) =>
  z
    .string()
    .max(maxTextLength)
    .refine((value) => !value.includes('\0'))
    .optional()
    .describe(what);

/** The image filter as a query string. An empty filter selects every image whose object was not deleted. */
export const filterSchema = z.object({
  /** See `matchesLabel`. */
  label: textFilter(filterValues.label),
  job: textFilter(filterValues.job),
  status: z.enum(statuses).optional().describe(filterValues.status),
  reason: textFilter(filterValues.reason),
  model: textFilter(filterValues.model),
  /** Words to find in the key or the label, case-insensitive. */
  text: textFilter(filterValues.text),
  /** Minimum probability of the label, 0 to 1. */
  min: z.coerce.number().min(0).max(1).optional().describe(filterValues.min),
  /** By key, by decreasing or increasing probability, or latest first. */
  sort: z.enum(sortOrders).default('key').describe(filterValues.sort),
});

export type Filter = z.output<typeof filterSchema>;
type Facet = 'label' | 'job' | 'status' | 'reason' | 'model' | 'min';

const orderByClauses: Readonly<Record<Filter['sort'], string>> = {
  key: 'n',
  probability: 'probability desc nulls last, n',
  '-probability': 'probability nulls last, n',
  time: 'done_at desc, n',
};

/** SQL condition on the table `images`. @param except a column whose filter is ignored, to count its values */
export function filterCondition(filter: Filter, except?: Facet): string {
  const { status, text: words, min } = filter;
  const conditions = [representative(filter, except)];
  for (const column of ['job', 'reason', 'model'] as const) {
    const value = filter[column];
    if (value !== undefined && except !== column) conditions.push(`${column} = ${textLiteral(value)}`);
  }
  if (filter.label !== undefined && except !== 'label') conditions.push(labelMatchesSql(textLiteral(filter.label)));
  if (except !== 'status') {
    conditions.push(status === undefined ? `status <> 'deleted'` : `status = ${textLiteral(status)}`);
  }
  if (min !== undefined && except !== 'min') conditions.push(`probability >= ${min}`);
  for (const word of (words ?? '').toLowerCase().split(/\s+/).filter(Boolean)) {
    conditions.push(
      `(contains(lower(key), ${textLiteral(word)}) or contains(lower(coalesce(label, '')), ${textLiteral(word)}))`,
    );
  }
  return conditions.join(' and ');
}

/** An image with several rows counts once, or once for each model or job when filtering or counting by them. */
function representative({ model, job }: Filter, except: Facet | undefined): string {
  if (model !== undefined || except === 'model') return 'is_of_model';
  return job !== undefined || except === 'job' ? 'is_of_job' : 'is_shown';
}

export function orderBy({ sort }: Filter): string {
  return orderByClauses[sort];
}

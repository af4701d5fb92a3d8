import { z } from 'zod';
import { textLiteral } from '../../../results/open/sql-text.ts';
import type { Computation } from '../../../results/questions/computation.ts';
import { type RowSelection, rowCondition } from '../../../results/questions/row-selection.ts';
import { modelsMatching } from '../../../results/questions/stored-models.ts';
import { filterValues, maxTextLength, sortOrders, statuses } from '../filter-values.ts';
import { hasRegionSql } from './region-labels.ts';

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
  /** Images with a region that has this label, see `matchesLabel`. */
  region: textFilter(filterValues.region),
  job: textFilter(filterValues.job),
  status: z.enum(statuses).optional().describe(filterValues.status),
  reason: textFilter(filterValues.reason),
  /** See `modelsMatching`. */
  model: textFilter(filterValues.model),
  /** Words to find in the key or the label, case-insensitive. */
  text: textFilter(filterValues.text),
  /** Minimum probability of the label, 0 to 1. */
  min: z.coerce.number().min(0).max(1).optional().describe(filterValues.min),
  /** By key, by decreasing or increasing probability, or latest first. */
  sort: z.enum(sortOrders).default('key').describe(filterValues.sort),
});

export type Filter = z.output<typeof filterSchema>;
type Facet = 'label' | 'region' | 'job' | 'status' | 'reason' | 'model' | 'min';

const orderByClauses: Readonly<Record<Filter['sort'], string>> = {
  key: 'n',
  probability: 'probability desc nulls last, n',
  '-probability': 'probability nulls last, n',
  time: 'done_at desc, n',
};

/**
 * SQL condition on the table `images`.
 * @param models all models and preprocessings of the table
 * @param except a column whose filter is ignored, to count its values
 */
export function filterCondition(filter: Filter, models: readonly Computation[], except?: Facet): string {
  const ignored: Partial<Filter> = except === undefined ? {} : { [except]: undefined };
  const { job, label, region, status, reason, model, min } = { ...filter, ...ignored };
  const chosen = model === undefined ? undefined : modelsMatching(models, model);
  const selection: RowSelection = {
    ...{ job, label, status, models: chosen, minProbability: min },
    ...{ reasons: reason === undefined ? undefined : [reason], deleted: except === 'status' },
  };
  const conditions = [
    representative({ job, models: chosen }, models, except),
    rowCondition(selection),
    ...(region === undefined ? [] : [hasRegionSql(region)]),
  ];
  for (const word of (filter.text ?? '').toLowerCase().split(/\s+/).filter(Boolean)) {
    conditions.push(
      `(contains(lower(key), ${textLiteral(word)}) or contains(lower(coalesce(label, '')), ${textLiteral(word)}))`,
    );
  }
  return conditions.join(' and ');
}

/**
 * An image with several rows counts once, or once for each model or job when filtering or counting by them. Its latest row of
 * a model may be of a preprocessing that the filter excludes.
 */
function representative(
  { job, models }: Pick<RowSelection, 'job' | 'models'>,
  all: readonly Computation[],
  except: Facet | undefined,
): string {
  if (except === 'model') return 'is_of_model';
  if (models !== undefined) {
    const isPartial = all.some((each) => !models.includes(each) && models.some(({ model }) => model === each.model));
    return isPartial ? 'true' : 'is_of_model';
  }
  return job !== undefined || except === 'job' ? 'is_of_job' : 'is_shown';
}

export function orderBy({ sort }: Filter): string {
  return orderByClauses[sort];
}

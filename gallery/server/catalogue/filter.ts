import { z } from 'zod';
import { textLiteral } from '../../../results/open/sql-text.ts';

export const orders = ['key', 'probability', '-probability', 'time'] as const;

const text = z.string().max(500).optional();

/** What is asked of the images, as a query string has it; nothing leaves every image whose object was not deleted. */
export const filterSchema = z.object({
  label: text,
  job: text,
  status: z.enum(['classified', 'rejected', 'deleted']).optional(),
  reason: text,
  model: text,
  /** In the key or the label, whatever the case. */
  text,
  /** Of the label's probability, 0 to 1. */
  min: z.coerce.number().min(0).max(1).optional(),
  /** By name, most or least certain first, or latest first. */
  sort: z.enum(orders).default('key'),
});

export type Filter = z.output<typeof filterSchema>;
type Facet = 'label' | 'job' | 'status' | 'reason' | 'model' | 'min';

const orderings: Readonly<Record<Filter['sort'], string>> = {
  key: 'n',
  probability: 'probability desc nulls last, n',
  '-probability': 'probability nulls last, n',
  time: 'done_at desc, n',
};

/** The condition of SQL on the table `images`. @param except what is not asked, as for counting by it */
export function condition(filter: Filter, except?: Facet): string {
  const { status, text: words, min } = filter;
  const parts = [representative(filter, except)];
  for (const column of ['label', 'job', 'reason', 'model'] as const) {
    const value = filter[column];
    if (value !== undefined && except !== column) parts.push(`${column} = ${textLiteral(value)}`);
  }
  if (except !== 'status') {
    parts.push(status === undefined ? `status <> 'deleted'` : `status = ${textLiteral(status)}`);
  }
  if (min !== undefined && except !== 'min') parts.push(`probability >= ${min}`);
  for (const word of (words ?? '').toLowerCase().split(/\s+/).filter(Boolean)) {
    parts.push(
      `(contains(lower(key), ${textLiteral(word)}) or contains(lower(coalesce(label, '')), ${textLiteral(word)}))`,
    );
  }
  return parts.join(' and ');
}

/** By models or jobs, an image counts for each that it has a row of; otherwise once. */
function representative({ model, job }: Filter, except: Facet | undefined): string {
  if (model !== undefined || except === 'model') return 'is_of_model';
  return job !== undefined || except === 'job' ? 'is_of_job' : 'is_shown';
}

export function ordering({ sort }: Filter): string {
  return orderings[sort];
}

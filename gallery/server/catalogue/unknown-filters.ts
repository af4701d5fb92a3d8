import { z } from 'zod';
import { suggest } from '../../../shared/failures/suggest.ts';
import { displayLabel, labelNames } from '../../../shared/models/label-name.ts';
import type { UnknownFilter } from '../responses.ts';
import { type Filter, filterCondition } from './filter.ts';
import type { Catalogue } from './open-catalogue.ts';

const foundSchema = z.tuple([z.object({ found: z.boolean() })]);
const reasonsSchema = z.array(z.object({ reason: z.string() }));
const labelsSchema = z.array(z.object({ label: z.string(), label_id: z.string() }));
const names = ['job', 'label', 'region', 'model', 'reason'] as const;

/**
 * The filters that no image matches, whatever the other filters are.
 * @param jobs the names of all jobs, also of those without results
 */
export async function unknownFilters(
  catalogue: Catalogue,
  filter: Filter,
  jobs: readonly string[],
): Promise<UnknownFilter[]> {
  const unknown: UnknownFilter[] = [];
  for (const name of names) {
    const value = filter[name];
    if (value === undefined || (name === 'job' && jobs.includes(value)) || (await isFound(catalogue, name, value)))
      continue;
    const known = name === 'job' ? jobs : await knownValues(catalogue, name);
    unknown.push({ name, value, suggestion: suggest(value, known) ?? null });
  }
  return unknown;
}

/** Deleted images count: a filter by outcome shows them. */
async function isFound(catalogue: Catalogue, name: UnknownFilter['name'], value: string): Promise<boolean> {
  const alone: Filter = { [name]: value, sort: 'key' };
  const conditions = [
    filterCondition(alone, catalogue.models),
    filterCondition({ ...alone, status: 'deleted' }, catalogue.models),
  ];
  const [{ found }] = foundSchema.parse(
    await catalogue.rows(`select exists (from images where (${conditions.join(') or (')})) as found`),
  );
  return found;
}

async function knownValues(catalogue: Catalogue, name: 'label' | 'region' | 'model' | 'reason'): Promise<string[]> {
  if (name === 'label' || name === 'region') {
    const labels = labelsSchema.parse(
      await catalogue.rows(
        name === 'label'
          ? 'select distinct label, label_id from images where label is not null order by all'
          : 'select label, label_id from region_labels order by all',
      ),
    );
    return [...new Set(labels.flatMap((each) => [displayLabel(each), ...labelNames(each), each.label_id]))];
  }
  if (name === 'model') return catalogue.models.flatMap(({ model }) => [model.replace(/@[^@]*$/, ''), model]);
  const rows = await catalogue.rows(`select distinct reason from images where reason is not null order by 1`);
  return reasonsSchema.parse(rows).map(({ reason }) => reason);
}

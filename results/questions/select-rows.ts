import type { NamedSource } from '../open/named-source.ts';
import type { Results } from '../open/open-results.ts';
import type { RowSelection } from './row-selection.ts';
import { checkJob } from './stored-jobs.ts';
import { checkLabel } from './stored-labels.ts';
import { modelsOf } from './stored-models.ts';
import type { RowFilter } from './stored-row.ts';

/**
 * The rows that a filter of a program means. In a store without results every filter selects nothing.
 * @throws {UserError} for an unknown job, label or model, suggesting another one
 */
export async function selectRows(results: Results, named: NamedSource, filter: RowFilter): Promise<RowSelection> {
  const { model, ...others } = filter;
  if (results.partCount === 0) return others;
  await checkJob(results, named, filter.job);
  await checkLabel(results, named.name, filter.label);
  return { ...others, models: await modelsOf(results, 'model', model) };
}

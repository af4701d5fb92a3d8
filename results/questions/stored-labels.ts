import { z } from 'zod';
import { didYouMean } from '../../shared/failures/suggest.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { displayLabel, labelMatchesSql, labelNames } from '../../shared/models/label-name.ts';
import type { Results } from '../open/open-results.ts';

const foundSchema = z.tuple([z.object({ found: z.boolean() })]);
const labelsSchema = z.array(z.object({ label: z.string(), label_id: z.string() }));

const givenLabels = `(select unnest(top, recursive := true) from results where top is not null)`;
const allLabels = `(select label, label_id from ${givenLabels} union all select label, label_id from regions)`;

/** Whether this is the best label of any image. */
export function isBestLabel(results: Results, label: string): Promise<boolean> {
  return hasLabel(results, 'results', label);
}

/**
 * Checks that a label is one of those that the stored models gave to any image, also as a less probable one, or to a region.
 * @param storeName for the message
 * @param noun what is selected by the label, for the message
 * @throws {UserError} suggesting another name
 */
export async function checkLabel(
  results: Results,
  storeName: string,
  label: string | undefined,
  noun: 'image' | 'region' = 'image',
): Promise<void> {
  if (label === undefined) return;
  // Reads the column of best labels alone if that answers it.
  if ((await isBestLabel(results, label)) || (await hasLabel(results, allLabels, label))) return;
  const known = await results.query(labelsSchema, `select distinct label, label_id from ${allLabels} order by all`);
  const names = [...new Set(known.flatMap((each) => [displayLabel(each), ...labelNames(each), each.label_id]))];
  throw new UserError(`no ${noun} in ${storeName} has the label ${label}${didYouMean(label, names)}`);
}

async function hasLabel(results: Results, rows: string, label: string): Promise<boolean> {
  const sql = `select exists (from ${rows} where ${labelMatchesSql('$label')}) as found`;
  const [{ found }] = await results.query(foundSchema, sql, { label });
  return found;
}

import { UserError } from '../../../shared/failures/user-error.ts';
import type { Labels } from '../../import/labels.ts';

/** Labels of a data set as classes of a network. */
export interface MatchedLabels {
  readonly labels: Labels;
  /** Class of each label of the data set. */
  readonly classes: ReadonlyMap<string, number>;
}

/**
 * Uses the model's labels if it has all labels of the data set, by id or by a unique name. Otherwise returns the labels of
 * the data set in code point order, for which the network needs a new last layer.
 * @param source path of the data set, for messages
 * @throws {UserError} when there are fewer than two labels
 */
export function matchLabels(dataLabels: Iterable<string>, modelLabels: Labels, source: string): MatchedLabels {
  const names = [...new Set(dataLabels)].sort();
  requireTwoLabels(names, source);
  const ids = new Map(modelLabels.map(({ id }, index) => [id, index]));
  const byName = Map.groupBy(modelLabels.keys(), (index) => modelLabels[index]?.name ?? '');
  const known = names.map((name) => {
    const [only, another] = byName.get(name) ?? [];
    return ids.get(name) ?? (another === undefined ? only : undefined);
  });
  const isKnown = (index: number | undefined): index is number => index !== undefined;
  const labels = known.every(isKnown) ? modelLabels : names.map((name) => ({ id: name, name }));
  const classes = new Map(names.map((name, index) => [name, labels === modelLabels ? (known[index] ?? 0) : index]));
  return { labels, classes };
}

/** @throws {UserError} when there are fewer than two labels */
export function requireTwoLabels(names: readonly (string | undefined)[], source: string): void {
  if (names.length >= 2) return;
  const problem = names.length === 0 ? 'no labels' : `only the label ${names[0]}`;
  throw new UserError(`${source} has ${problem}: give images of at least two labels`);
}

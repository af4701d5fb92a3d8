import { UserError } from '../../../shared/failures/user-error.ts';
import type { Labels } from '../../import/labels.ts';

/** Labels of a data set as classes of a network. */
export interface MatchedLabels {
  readonly labels: Labels;
  /** Index of each label, by what the data set calls it. */
  readonly classes: ReadonlyMap<string, number>;
}

/**
 * The model's own labels where it knows all of these, by id or by a name that only one has; else these, in the order of their
 * code points, for which the network needs another last layer.
 * @param place where they come from, for the message
 * @throws {UserError} when there are not two that can be told apart
 */
export function matchLabels(found: Iterable<string>, own: Labels, place: string): MatchedLabels {
  const names = [...new Set(found)].sort();
  if (names.length < 2) {
    throw new UserError(
      `expected images of at least two labels in ${place}, got ${names.length === 0 ? 'none' : `only ${names[0]}`}`,
    );
  }
  const ids = new Map(own.map(({ id }, index) => [id, index]));
  const byName = Map.groupBy(own.keys(), (index) => own[index]?.name ?? '');
  const known = names.map((name) => {
    const [only, another] = byName.get(name) ?? [];
    return ids.get(name) ?? (another === undefined ? only : undefined);
  });
  const isKnown = (index: number | undefined): index is number => index !== undefined;
  const labels = known.every(isKnown) ? own : names.map((name) => ({ id: name, name }));
  const classes = new Map(names.map((name, index) => [name, labels === own ? (known[index] ?? 0) : index]));
  return { labels, classes };
}

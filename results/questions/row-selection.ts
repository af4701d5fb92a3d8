import { labelMatchesSql } from '../../shared/models/label-name.ts';
import { textLiteral } from '../open/sql-text.ts';
import type { Computation } from './computation.ts';

export const rowStatuses = ['classified', 'rejected', 'deleted'] as const;

/** Selects rows of the view `results`. What is undefined selects every row, except those of deleted images. */
export interface RowSelection {
  readonly job?: string | undefined;
  /** Classified rows with this label, see `matchesLabel`. */
  readonly label?: string | undefined;
  readonly status?: (typeof rowStatuses)[number] | undefined;
  /** Rows rejected for one of these reasons. */
  readonly reasons?: readonly string[] | undefined;
  /** Rows of one of these models, see `modelsMatching`. */
  readonly models?: readonly Computation[] | undefined;
  /** Rows whose key begins with this text. */
  readonly prefix?: string | undefined;
  /** Rows whose label has at least this probability, 0 to 1. */
  readonly minProbability?: number | undefined;
  /** Whether deleted images are included; implied by the status `deleted`. */
  readonly deleted?: boolean | undefined;
}

/**
 * A selection as an SQL condition on the view `results`, or on a table with its columns. Values are literals, because `copy`
 * takes no parameters.
 */
export function rowCondition(selection: RowSelection): string {
  const { job, label, status, reasons, models, prefix, minProbability, deleted = false } = selection;
  const conditions = [
    ...(deleted || status === 'deleted' ? [] : [`status <> 'deleted'`]),
    ...(job === undefined ? [] : [`job = ${textLiteral(job)}`]),
    ...(label === undefined ? [] : [labelMatchesSql(textLiteral(label))]),
    ...(status === undefined ? [] : [`status = ${textLiteral(status)}`]),
    ...(reasons === undefined ? [] : [`reason in (${reasons.map(textLiteral).join(', ') || 'null'})`]),
    ...(models === undefined ? [] : [modelCondition(models)]),
    ...(prefix === undefined ? [] : [`starts_with(key, ${textLiteral(prefix)})`]),
    ...(minProbability === undefined ? [] : [`probability >= ${minProbability}`]),
  ];
  return conditions.join(' and ') || 'true';
}

/** Whether a row is of one of these models, as an SQL condition. */
function modelCondition(models: readonly Computation[]): string {
  const pairs = models.map(({ model, preprocess }) => `(${textLiteral(model)}, ${textLiteral(preprocess)})`);
  return pairs.length === 0 ? 'false' : `(model, preprocess) in (${pairs.join(', ')})`;
}

/** The name of each row's model as an SQL expression, see `shortNames`. */
export function modelNameSql(names: ReadonlyMap<Computation, string>): string {
  const cases = [...names].map(
    ([{ model, preprocess }, name]) =>
      `when model = ${textLiteral(model)} and preprocess = ${textLiteral(preprocess)} then ${textLiteral(name)}`,
  );
  return `case ${cases.join(' ')} else model end`;
}

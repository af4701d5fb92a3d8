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
  /** Rows of one of these models. */
  readonly models?: readonly Computation[] | undefined;
  /** Whether deleted images are included; implied by the status `deleted`. */
  readonly deleted?: boolean | undefined;
}

/** A selection as an SQL condition. Values are literals, because `copy` takes no parameters. */
export function rowCondition({ job, label, status, models, deleted = false }: RowSelection): string {
  const conditions = [
    ...(deleted || status === 'deleted' ? [] : [`status <> 'deleted'`]),
    ...(job === undefined ? [] : [`job = ${textLiteral(job)}`]),
    ...(label === undefined ? [] : [labelMatchesSql(textLiteral(label))]),
    ...(status === undefined ? [] : [`status = ${textLiteral(status)}`]),
    ...(models === undefined ? [] : [modelCondition(models)]),
  ];
  return conditions.join(' and ') || 'true';
}

/** Whether a row is of one of these models, as an SQL condition. */
export function modelCondition(models: readonly Computation[]): string {
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

import { UserError } from '../../shared/failures/user-error.ts';

/** The error for a query of a user that DuckDB's binding, not DuckDB itself, cannot run. Other errors are returned unchanged. */
export function queryProblem(error: unknown, sql: string, parameters: Readonly<Record<string, unknown>>): unknown {
  if (!(error instanceof Error)) return error;
  if (error.message.includes('bind parameter index')) {
    const unknown = Object.keys(parameters).filter((name) => !sql.includes(`$${name}`));
    return new UserError(`the SQL has no parameter $${unknown.join(', $')}`, { cause: error });
  }
  if (/out of range for JS Date/.test(error.message)) {
    return new UserError('a value is out of range for a Date: cast it to text in the SQL, such as column::varchar', {
      cause: error,
    });
  }
  return error;
}

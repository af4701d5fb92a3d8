import { type DuckDBConnection, StatementType } from '@duckdb/node-api';
import { UserError } from '../../shared/failures/user-error.ts';
import { firstLine } from '../open/database.ts';
import { sqlProblem } from './sql-problem.ts';

/**
 * Checks the SQL of a user before it runs.
 * @param embeddingAdvice see `sqlProblem`
 * @throws {UserError} unless it is one query
 */
export async function assertOneQuery(
  connection: DuckDBConnection,
  sql: string,
  embeddingAdvice?: string,
): Promise<void> {
  const advice = 'give one SQL query, such as "select label, count(*) from results group by 1"';
  if (sql.trim() === '') throw new UserError(`the SQL is empty: ${advice}`);
  try {
    const statements = await connection.extractStatements(sql);
    if (statements.count !== 1) throw new UserError(`the SQL has ${statements.count} statements: ${advice}`);
    const statement = await statements.prepare(0);
    if (statement.statementType !== StatementType.SELECT) throw new UserError(`the SQL is not a query: ${advice}`);
  } catch (error) {
    if (error instanceof UserError) throw error;
    // DuckDB's binding gives no other message for a text without a statement.
    if (firstLine(error) === 'Error in native callback') {
      throw new UserError(`the SQL is empty: ${advice}`, { cause: error });
    }
    throw new UserError(`the SQL is invalid: ${sqlProblem(error, embeddingAdvice)}`, { cause: error });
  }
}

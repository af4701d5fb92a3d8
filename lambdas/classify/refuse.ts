import { Failure } from '../../shared/failure.ts';
import { UserError } from '../../shared/user-error.ts';

/**
 * Ends the process for an error that nobody caught: with one line where that says what to mend, such as a model that is
 * another than expected; with a stack trace for a fault of the program.
 */
export function refuse(error: unknown): void {
  const foreseen = error instanceof UserError || (error instanceof Failure && error.reason !== 'internal');
  console.error(foreseen ? `inception-batch worker: ${error.message.replaceAll('\n', ' ')}` : error);
  process.exit(1);
}

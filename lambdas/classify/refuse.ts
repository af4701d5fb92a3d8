import { Failure } from '../../shared/failure.ts';
import { UserError } from '../../shared/user-error.ts';

/** For which the last work is waited for, milliseconds. */
const patienceMs = 5_000;

/**
 * Ends the process for an error that nobody caught: with one line where that says what to mend, such as a model that is
 * another than expected; with a stack trace for a fault of the program.
 * @param last what still has to end before, whichever way; not waited for longer than a few seconds
 */
export function refuse(error: unknown, last: Promise<unknown> = Promise.resolve()): void {
  const foreseen = error instanceof UserError || (error instanceof Failure && error.reason !== 'internal');
  console.error(foreseen ? `inception-batch worker: ${error.message.replaceAll('\n', ' ')}` : error);
  const exit = () => process.exit(1);
  setTimeout(exit, patienceMs);
  last.then(exit, exit);
}

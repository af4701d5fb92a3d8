import { Failure } from '../../../shared/failures/failure.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { Session } from '../../../shared/inference/session.ts';
import { exitProcess } from './exit-process.ts';

/** For which the last work is waited for, milliseconds. */
const patienceMs = 5_000;

/**
 * Ends the process for an error that nobody caught: with one line where that says what to mend, such as a model that is
 * another than expected; with a stack trace for a fault of the program.
 * @param working what still has to end before, whichever way; not waited for longer than a few seconds
 */
export function exitOnError(
  error: unknown,
  {
    working = Promise.resolve(),
    session,
  }: { working?: Promise<unknown> | undefined; session?: Session | undefined } = {},
): void {
  const foreseen = error instanceof UserError || (error instanceof Failure && error.reason !== 'internal');
  console.error(foreseen ? `inception-batch worker: ${error.message.replaceAll('\n', ' ')}` : error);
  const exit = () => void exitProcess(1, session, patienceMs);
  setTimeout(exit, patienceMs);
  working.then(exit, exit);
}

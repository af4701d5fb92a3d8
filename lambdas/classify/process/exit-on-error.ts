import { Failure } from '../../../shared/failures/failure.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { Session } from '../../../shared/inference/session.ts';
import { exitProcess } from './exit-process.ts';

/** How long to wait for work that is in progress, milliseconds. */
const timeoutMs = 5_000;

/**
 * Exits after an uncaught error: prints one line for an error that the user can fix, a stack trace for a bug.
 * @param working work that should settle first; waited for a few seconds at most
 */
export function exitOnError(
  error: unknown,
  {
    working = Promise.resolve(),
    session,
  }: { working?: Promise<unknown> | undefined; session?: Session | undefined } = {},
): void {
  const isExpected = error instanceof UserError || (error instanceof Failure && error.reason !== 'internal');
  console.error(isExpected ? `inception-batch worker: ${error.message.replaceAll('\n', ' ')}` : error);
  const exit = () => void exitProcess(1, session, timeoutMs);
  setTimeout(exit, timeoutMs);
  working.then(exit, exit);
}

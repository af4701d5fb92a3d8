import { Failure } from '../../shared/failures/failure.ts';
import { UserError } from '../../shared/failures/user-error.ts';

/** The work was stopped by Ctrl-C or SIGTERM before it had a result; the message says what was kept. */
export class Interrupted extends UserError {}

/** The outcome of stopped work that failed because a service does not answer; undefined for any other error. */
export function interruptedBySilence(error: unknown): Interrupted | undefined {
  if (!(error instanceof Error) || !isSilence(error)) return undefined;
  return new Interrupted(`interrupted: ${error.message}`, { cause: error });
}

function isSilence(error: unknown): boolean {
  if (error instanceof Failure && error.reason === 'timeout') return true;
  return error instanceof Error && isSilence(error.cause);
}

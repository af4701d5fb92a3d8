import { inspect } from 'node:util';
import { Failure } from '../../shared/failures/failure.ts';
import { UserError } from '../../shared/failures/user-error.ts';

/** Prints an error on stderr: one line, or the stack with all causes if `debug`. */
export function printError(error: unknown, debug: boolean): void {
  if (debug) {
    console.error(inspect(error)); // as text, in which the console escapes control characters
    return;
  }
  const text = error instanceof Error ? error.message : String(error);
  const [line = ''] = text.split('\n');
  const known = error instanceof UserError || error instanceof Failure;
  console.error(`inception-batch: ${line}${known ? '' : ' (--debug shows the stack)'}`);
}

import { Failure } from '../../shared/failures/failure.ts';
import { UserError } from '../../shared/failures/user-error.ts';

/**
 * Prints why a command failed, on stderr: one line, or the whole stack with its causes when debugging.
 */
export function printError(error: unknown, debug: boolean): void {
  if (debug) {
    console.error(error);
    return;
  }
  const text = error instanceof Error ? error.message : String(error);
  const [line = ''] = text.split('\n');
  const known = error instanceof UserError || error instanceof Failure;
  console.error(`inception-batch: ${line}${known ? '' : ' (--debug shows where)'}`);
}

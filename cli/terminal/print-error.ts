import { inspect } from 'node:util';
import { ZodError } from 'zod';
import { Failure } from '../../shared/failures/failure.ts';
import { firstIssue } from '../../shared/failures/first-issue.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { escapeArguments } from './escape-arguments.ts';
import { nameOptions } from './name-options.ts';

/**
 * Prints an error on stderr: one line, or the stack with all causes if `debug`.
 * @param argv the command line, whose texts the error may repeat
 */
export function printError(
  error: unknown,
  { argv, debug = false }: { readonly argv: readonly string[]; readonly debug?: boolean },
): void {
  if (debug) {
    console.error(inspect(error)); // as text, in which the console escapes control characters
    return;
  }
  const known = error instanceof UserError || error instanceof Failure;
  console.error(`inception-batch: ${firstLine(error, argv)}${known ? '' : ' (--debug shows the stack)'}`);
}

/** A schema's error is a list of issues as JSON, of which the first line says nothing. */
function firstLine(error: unknown, argv: readonly string[]): string {
  const [line = ''] =
    error instanceof ZodError ? [firstIssue(error)] : escapeArguments(nameOptions(messageOf(error)), argv).split('\n');
  return line;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Something the person at the command line can mend: a path, an option, a model folder. The message is one line that
 * says what was expected and what came; it is printed without a stack trace.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
}

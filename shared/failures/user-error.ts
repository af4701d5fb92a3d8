/**
 * An error that the user can fix: a path, an option, a model folder. The message is one line that says what to do; it is
 * printed without a stack trace.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
}

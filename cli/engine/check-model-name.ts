import { UserError } from '../../shared/failures/user-error.ts';

/** @throws {UserError} for a name that a model id cannot contain */
export function checkModelName(name: string): void {
  if (/^[a-z0-9][a-z0-9._-]*$/.test(name)) return;
  throw new UserError(`give --name in lower-case letters, digits, ".", "_" and "-"; received: ${name}`);
}

import { UsageError } from './usage-error.ts';

/** @throws {UsageError} for a name that a model id cannot contain */
export function checkModelName(name: string): void {
  if (/^[a-z0-9][a-z0-9._-]*$/.test(name)) return;
  throw new UsageError(`give --name in lower-case letters, digits, ".", "_" and "-"; received: ${name}`);
}

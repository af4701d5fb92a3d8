/** One thing that a command has set. */
export interface Change {
  readonly resource: string;
  /** Its state before; equal to `after` if nothing had to be changed. */
  readonly before: string;
  readonly after: string;
}

/** Lines for a terminal. */
export function describeChanges(changes: readonly Change[]): string {
  const width = Math.max(...changes.map(({ resource }) => resource.length));
  return changes
    .map(
      ({ resource, before, after }) =>
        `  ${resource.padEnd(width)}  ${before === after ? `${after}, as before` : `${before} -> ${after}`}\n`,
    )
    .join('');
}

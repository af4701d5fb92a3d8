/** A state before and after a command; equal if nothing had to be changed. */
export interface Transition {
  readonly before: string;
  readonly after: string;
}

/** One thing that a command has set. */
export interface Change extends Transition {
  readonly resource: string;
}

/** One thing that a command could not set. */
export interface FailedStep {
  readonly resource: string;
  /** One line. */
  readonly problem: string;
}

/** Lines for a terminal. */
export function describeChanges(changes: readonly Change[], failures: readonly FailedStep[]): string {
  const width = Math.max(...[...changes, ...failures].map(({ resource }) => resource.length));
  const lines = [
    ...changes.map(({ resource, before, after }) => {
      return [resource, before === after ? `${after}, as before` : `${before} -> ${after}`];
    }),
    ...failures.map(({ resource, problem }) => [resource, `FAILED: ${problem}`]),
  ];
  return lines.map(([resource = '', text]) => `  ${resource.padEnd(width)}  ${text}\n`).join('');
}

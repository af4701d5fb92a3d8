import { setTimeout as wait } from 'node:timers/promises';

export interface Observed {
  readonly problems: () => readonly string[];
  /** What has not ended yet, for the error. */
  readonly running: () => readonly string[];
}

/**
 * Waits until a check passes. The limit only ends what hangs; it is below the timeouts of functions, so the error lists what
 * is still running.
 * @throws {Error} as soon as there are problems
 */
export async function until(check: () => Promise<void>, { problems, running }: Observed): Promise<void> {
  const deadline = performance.now() + 240_000;
  for (;;) {
    const found = problems();
    if (found.length > 0) throw new Error(found.join('\n'));
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw new Error([String(error), ...running()].join('\n'), { cause: error });
    }
    await wait(100);
  }
}

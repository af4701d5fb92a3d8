import { setTimeout as wait } from 'node:timers/promises';

/**
 * Waits until a check passes. The limit only ends what hangs.
 * @throws {Error} as soon as there are problems
 */
export async function until(check: () => Promise<void>, problems: () => readonly string[]): Promise<void> {
  const deadline = performance.now() + 240_000;
  for (;;) {
    const found = problems();
    if (found.length > 0) throw new Error(found.join('\n'));
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await wait(100);
  }
}

import { vi } from 'vitest';

/** Waits until a check passes. It only gives up where something hangs: a busy machine needs longer, and is not at fault. */
export function eventually<T>(check: () => T | Promise<T>, { interval = 50 } = {}): Promise<T> {
  return vi.waitFor(check, { timeout: 300_000, interval });
}

import { vi } from 'vitest';

/** Waits until a check passes. The limit only ends tests that hang: a busy machine may need long. */
export function eventually<T>(check: () => T | Promise<T>, { interval = 50 } = {}): Promise<T> {
  return vi.waitFor(check, { timeout: 300_000, interval });
}

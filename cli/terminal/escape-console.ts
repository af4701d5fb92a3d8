import { escapeLines } from '../../results/export/escape-controls.ts';

/**
 * Makes the console escape control characters in every text that it prints, whatever name they come from. JSON stays
 * equal, because these characters only occur inside its texts, where the escapes mean the same. Line breaks stay: who
 * prints a name that may contain one escapes it.
 */
export function escapeConsole(): void {
  for (const method of ['log', 'error'] as const) {
    const print = console[method].bind(console);
    console[method] = (...values: unknown[]) =>
      print(...values.map((value) => (typeof value === 'string' ? escapeLines(value) : value)));
  }
}

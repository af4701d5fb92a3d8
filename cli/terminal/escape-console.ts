import { escapeLines } from '../../results/export/escape-controls.ts';
import { escapeArguments } from './escape-arguments.ts';

/**
 * Makes the console escape control characters in every text that it prints, whatever name they come from. JSON stays
 * equal, because these characters only occur inside its texts, where the escapes mean the same. Line breaks stay, except
 * those of the command line: who prints another name that may contain one escapes it.
 */
export function escapeConsole(argv: readonly string[]): void {
  for (const method of ['log', 'error'] as const) {
    const print = console[method].bind(console);
    console[method] = (...values: unknown[]) =>
      print(...values.map((value) => (typeof value === 'string' ? escapeLines(escapeArguments(value, argv)) : value)));
  }
}

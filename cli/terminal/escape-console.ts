import { escapeControls } from '../../results/export/escape-controls.ts';

/**
 * Makes the console escape control characters in every text that it prints, whatever name they come from. Line breaks
 * stay. JSON stays equal, because these characters only occur inside its texts, where the escapes mean the same.
 */
export function escapeConsole(): void {
  for (const method of ['log', 'error'] as const) {
    const print = console[method].bind(console);
    console[method] = (...values: unknown[]) =>
      print(...values.map((value) => (typeof value === 'string' ? escapeLines(value) : value)));
  }
}

/** Escapes the control characters of every line of a text. */
export function escapeLines(text: string): string {
  return text.split('\n').map(escapeControls).join('\n');
}

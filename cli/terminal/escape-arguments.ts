import { escapeControls } from '../../results/export/escape-controls.ts';

/**
 * Escapes the line breaks and control characters of command line arguments that a text repeats, so that a message stays one
 * line. The line breaks of the text itself stay.
 */
export function escapeArguments(text: string, argv: readonly string[]): string {
  const values = argv.flatMap((arg) => [arg, arg.slice(arg.indexOf('=') + 1)]);
  return values
    .filter((value) => value.trim() !== '' && escapeControls(value) !== value)
    .reduce((escaped, value) => escaped.replaceAll(value, () => escapeControls(value)), text);
}

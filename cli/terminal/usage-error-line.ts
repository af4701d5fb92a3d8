import { escapeControls } from '../../results/export/escape-controls.ts';
import { suggest } from '../../shared/failures/suggest.ts';
import { escapeArguments } from './escape-arguments.ts';

/**
 * An error of the command line as one line, in the form of all other errors. Commander has `error: ` before it, and its
 * suggestion on a second line.
 * @param argv the command line, whose texts the error may repeat
 */
export function usageErrorLine(text: string, argv: readonly string[]): string {
  const [, message = '', known] =
    /^(?:error: )?(.*?)(?:\n\(Did you mean (.*)\?\))?\n?$/su.exec(escapeArguments(text, argv)) ?? [];
  const suggestion = known ?? nearestChoice(message);
  const advice = suggestion === undefined ? '--help shows the options' : `did you mean ${suggestion}?`;
  return escapeControls(`inception-batch: ${message} (${advice})`);
}

/** Commander suggests options and commands, but no values. */
function nearestChoice(message: string): string | undefined {
  const [, value = '', choices] = / argument '(.*)' is invalid\. Allowed choices are (.*)\.$/su.exec(message) ?? [];
  return choices === undefined ? undefined : suggest(value, choices.split(', '));
}

import { escapeControls } from '../../results/export/escape-controls.ts';
import { escapeArguments } from './escape-arguments.ts';

/**
 * An error of the command line as one line, in the form of all other errors. Commander has `error: ` before it, and its
 * suggestion on a second line.
 * @param argv the command line, whose texts the error may repeat
 */
export function usageErrorLine(text: string, argv: readonly string[]): string {
  const [, message = '', suggestion] =
    /^(?:error: )?(.*?)(?:\n\(Did you mean (.*)\?\))?\n?$/su.exec(escapeArguments(text, argv)) ?? [];
  const advice = suggestion === undefined ? '--help shows the options' : `did you mean ${suggestion}?`;
  return escapeControls(`inception-batch: ${message} (${advice})`);
}

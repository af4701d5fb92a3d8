import { programName } from '../../shared/failures/program-name.ts';

export interface HelpText {
  /** Command lines to paste, without the name of the program. */
  readonly examples: readonly string[];
  /** What follows the examples. */
  readonly note?: string;
  readonly exitCodes: ExitCodes;
}

/** What an exit code says about the command. Code 2 is the same for all of them. */
interface ExitCodes {
  readonly 0: string;
  /** @default 'an error' */
  readonly 1?: string;
  /** Undefined if Ctrl-C is the usual end. @default 'interrupted' */
  readonly 130?: string | undefined;
}

/** The end of a command's help, for `addHelpText('after', …)`: examples as a shell takes them, and all exit codes. */
export function helpText({ examples, note, exitCodes }: HelpText): () => string {
  return () => {
    const title = examples.length === 1 ? 'Example' : 'Examples';
    const lines = examples.map((example) => `  $ ${programName()} ${example.replaceAll('\n', '\n      ')}`);
    const notes = note === undefined ? [] : ['', note];
    return ['', `${title}:`, ...lines, ...notes, '', 'Exit codes:', ...exitCodeLines(exitCodes), ''].join('\n');
  };
}

function exitCodeLines(codes: ExitCodes): string[] {
  const all = { 1: 'an error', 2: 'the command line is invalid', 130: 'interrupted', ...codes };
  return ([0, 1, 2, 130] as const)
    .filter((code) => all[code] !== undefined)
    .map((code) => `  ${String(code).padEnd(5)}${all[code]}`);
}

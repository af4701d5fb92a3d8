import { programName } from '../../shared/failures/program-name.ts';
import type { AwsOptions } from './command-watch.ts';
import { shellWord } from './shell-word.ts';

type Value = string | number | boolean | readonly string[] | undefined;

/** Options of a command by their names in code: `dryRun` for `--dry-run`. Undefined and false ones are left out. */
export type FollowUpOptions = Readonly<Record<string, Value>>;

/**
 * A command for the user to run next, which a shell reads as it is printed.
 * @param command with its subcommand: `failures retry`
 * @param args what comes after the command, such as a folder
 * @example followUp('status', { store, job, watch: true, ...awsOf(options, store) })
 * // npx inception-batch status --store s3://results --job photos --watch --endpoint http://127.0.0.1:4566
 */
export function followUp(command: string, options: FollowUpOptions = {}, args: readonly string[] = []): string {
  const flags = Object.entries(options).flatMap(([name, value]) => optionWords(flagOf(name), value));
  const words = args.map(shellWord);
  // What begins with a dash would be read as an option.
  const isAmbiguous = args.some((arg) => arg.startsWith('-'));
  const rest = isAmbiguous ? [...flags, '--', ...words] : [...words, ...flags];
  return [programName(), command, ...rest].join(' ');
}

/**
 * How the command that prints reached S3 and SQS: the next one must reach the same.
 * @param locations of images and results that the next one reads; it needs nothing to read folders
 */
export function awsOf({ endpoint, region }: AwsOptions, ...locations: readonly string[]): FollowUpOptions {
  return locations.some((location) => /^s3:/i.test(location)) ? { endpoint, region } : {};
}

function optionWords(flag: string, value: Value): string[] {
  if (value === undefined || value === false) return [];
  if (value === true) return [flag];
  const values = typeof value === 'object' ? value : [String(value)];
  return values.map((each) => `${flag}${each.startsWith('-') ? '=' : ' '}${shellWord(each)}`);
}

function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

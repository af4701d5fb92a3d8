import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings of the user's profile in the AWS configuration files; nested ones as `s3.addressing_style`. */
export interface SharedConfig {
  readonly profile: Readonly<Record<string, string>>;
  /** Of the section that the setting `services` of the profile names. */
  readonly services: Readonly<Record<string, string>>;
}

/**
 * Reads `~/.aws/config` and `~/.aws/credentials`, or the files that `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE` name.
 * The SDK reads them itself, but only with the first request; clients need some settings when they are made.
 */
export function readSharedConfig(environment: Environment): SharedConfig {
  const { HOME, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE, AWS_PROFILE } = environment;
  // An empty variable counts as unset, as in the SDK.
  const name = AWS_PROFILE || 'default';
  const inHome = (file: string) => (HOME === undefined ? undefined : join(HOME, '.aws', file));
  const config = readSections(AWS_CONFIG_FILE || inHome('config'));
  const credentials = readSections(AWS_SHARED_CREDENTIALS_FILE || inHome('credentials'));
  const profile = {
    ...(name === 'default' ? config['default'] : undefined),
    ...config[`profile ${name}`],
    ...credentials[name],
  };
  return { profile, services: config[`services ${profile['services']}`] ?? {} };
}

/** The profiles of both files. */
export function profileNames({ HOME, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE }: Environment): string[] {
  const inHome = (file: string) => (HOME === undefined ? undefined : join(HOME, '.aws', file));
  const config = Object.keys(readSections(AWS_CONFIG_FILE || inHome('config')));
  const credentials = Object.keys(readSections(AWS_SHARED_CREDENTIALS_FILE || inHome('credentials')));
  const inConfig = config.filter((title) => title === 'default' || title.startsWith('profile '));
  return [...new Set([...inConfig.map((title) => title.replace(/^profile /, '')), ...credentials])];
}

function readSections(file: string | undefined): Record<string, Record<string, string>> {
  try {
    return file === undefined ? {} : parseSections(readFileSync(file, 'utf8'));
  } catch {
    return {}; // a missing file is no error; the SDK reports one that it needs
  }
}

/** `[section]`, `name = value`, and indented lines that belong to a name without a value. */
function parseSections(text: string): Record<string, Record<string, string>> {
  const sections: Record<string, Record<string, string>> = {};
  let section: Record<string, string> = {};
  let parent = '';
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const title = /^\[\s*(?<title>[^\]]+?)\s*\]/.exec(line)?.groups?.['title'];
    if (title !== undefined) {
      section = sections[title.replace(/\s+/, ' ').replaceAll(/["']/g, '')] ??= {};
      parent = '';
      continue;
    }
    const {
      indent = '',
      name,
      value = '',
    } = /^(?<indent>\s*)(?<name>[^=]+?)\s*=\s*(?<value>.*?)\s*$/.exec(line)?.groups ?? {};
    if (name === undefined) continue;
    if (indent === '') parent = value === '' ? name : '';
    const path = indent !== '' && parent !== '' ? `${parent}.${name}` : name;
    if (value !== '') section[path] = value.replace(/\s[#;].*$/, '');
  }
  return sections;
}

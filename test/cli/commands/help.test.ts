import { describe, expect, it } from 'vitest';
import { commandOutput, runCommand } from '../../support/run-command.ts';

/** The paths of a command and of all commands below it: `[]`, `['run']`, `['model', 'import']`. */
async function commandPaths(path: readonly string[] = []): Promise<string[][]> {
  const names = subcommandNames(await helpOf(path));
  const below = await Promise.all(names.map((name) => commandPaths([...path, name])));
  return [[...path], ...below.flat()];
}

function helpOf(path: readonly string[]): Promise<string> {
  return commandOutput([...path, '--help']);
}

function subcommandNames(help: string): string[] {
  const [, list = ''] = /^Commands:\n((?: .*\n)+)/m.exec(help) ?? [];
  return Array.from(list.matchAll(/^ {2}([a-z]+)/gm), ([, name = '']) => name).filter((name) => name !== 'help');
}

/** Example command lines, in one line each, as a shell joins them. */
function examplesOf(help: string): string[] {
  const [, list = ''] = /^Examples?:\n((?: .*\n)+)/m.exec(help) ?? [];
  return list
    .replaceAll(/ *\\\n */g, ' ')
    .split('\n')
    .filter((line) => line !== '');
}

const paths = await commandPaths();

describe('the help', () => {
  it('lists every command', () => {
    const names = paths.map((path) => path.join(' '));
    expect(names).toEqual(expect.arrayContaining(['run', 'model import', 'failures retry', 'results drift']));
  });

  it.each(paths.map((path) => [path.join(' ') || 'inception-batch', path] as const))(
    'of %s has examples with options that exist, and the exit codes, in 80 columns',
    async (_, path) => {
      const help = await helpOf(path);
      expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
      expect(help).toMatch(/^Exit codes:\n {2}0 .+\n {2}1 .+\n {2}2 {4}the command line is invalid\n/m);
      const examples = examplesOf(help);
      expect(examples).not.toEqual([]);
      for (const example of examples) {
        const [, words = ''] = /^ {2}\$ npx inception-batch (.+?)(?: \| .*)?$/.exec(example) ?? [];
        const shown = paths.filter((each) => each.length > 0 && `${words} `.startsWith(`${each.join(' ')} `)).at(-1);
        expect(shown, example).toBeDefined();
        const known = await helpOf(shown ?? []);
        const flags = Array.from(words.replaceAll(/'[^']*'/g, '').matchAll(/(?<= )--[a-z-]+/g), ([flag]) => flag);
        expect(flags.filter((flag) => !new RegExp(`^  (?:-\\w, )?${flag}[ \n]`, 'm').test(known))).toEqual([]);
      }
    },
  );

  it('is the same as that of "help" with the name of the command', async () => {
    expect(await commandOutput(['help', 'model', 'import'])).toBe(await helpOf(['model', 'import']));
    expect(await commandOutput(['help', 'results'])).toBe(await helpOf(['results']));
    expect(await commandOutput(['model', 'help', 'import'])).toBe(await helpOf(['model', 'import']));
    expect(await commandOutput(['help'])).toBe(await helpOf([]));
  });

  it.each([[['help']], [['model', 'help']]])('is also there for %j', async (path) => {
    const help = await helpOf(path);
    expect(help).toMatch(/^Usage: .*help \[options\] \[command\.\.\.\]\n/);
    const [example = ''] = examplesOf(help);
    expect(await commandOutput(example.replace(/^.*inception-batch /, '').split(' '))).toMatch(/^Usage: /);
  });

  it('is printed as an error without a command', async () => {
    expect(await runCommand([])).toEqual({ code: 2, stdout: '', stderr: await helpOf([]) });
  });
});

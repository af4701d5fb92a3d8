import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { repository } from '../support/cli.ts';
import { pages } from '../support/pages.ts';
import { runCommand } from '../support/run-command.ts';

/** The words of each call of the command in a shell text, with quoted values as one word. */
function callsIn(shell: string): string[] {
  const program = /(?:npx inception-batch|node cli\/inception-batch\.js) ((?:'[^']*'|"[^"]*"|[^|;&>#\n'"])*)/g;
  return [...shell.replaceAll(/\s*\\\n\s*/g, ' ').matchAll(program)].map(([, words = '']) => words.trim());
}

const manifest = z.object({ scripts: z.record(z.string(), z.string()) });
const { scripts } = manifest.parse(JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')));
const current = pages.filter((page) => !page.startsWith('docs/decisions/') && page !== 'CHANGELOG.md');
const texts = await Promise.all(current.map(async (page) => [page, await readFile(join(repository, page), 'utf8')]));
const blocks = texts.map(([page = '', text = '']) => [page, [...text.matchAll(/^```.*?^```/gms)].join('\n')] as const);
const calls = [
  ...Object.entries(scripts).flatMap(([name, script]) => callsIn(script).map((call) => [`npm run ${name}`, call])),
  ...blocks.flatMap(([page, text]) => callsIn(text).map((call) => [page, call])),
] as [where: string, call: string][];

const helpOf = new Map<string, Promise<string>>();

/** The options of a command, as its help lists them. */
async function optionsOf(words: readonly string[]): Promise<string[]> {
  const [first = '', second = ''] = words;
  const path = ['model', 'failures'].includes(first) || /^(drift|relabel)$/.test(second) ? [first, second] : [first];
  const key = path.join(' ');
  if (!helpOf.has(key))
    helpOf.set(
      key,
      runCommand([...path, '--help']).then(({ stdout }) => stdout),
    );
  const help = (await helpOf.get(key)) ?? '';
  return [...help.matchAll(/^ +(?:-\w, )?(--[a-z\d-]+)/gm)].map(([, option = '']) => option);
}

it.each(calls)('%s: %s', async (_where, call) => {
  const words = call.match(/'[^']*'|"[^"]*"|\S+/g) ?? [];
  const given = words.filter((word) => /^--[a-z]/.test(word)).map((word) => word.replace(/=.*/s, ''));
  const known = new Set([...(await optionsOf(words)), '--help', '--version', '--debug']);
  expect(given.filter((option) => !known.has(option))).toEqual([]);
});

it('reads the commands of a script, and of lines that continue', () => {
  expect(
    callsIn("node cli/inception-batch.js run a --x 'b; c' && npx inception-batch status \\\n  --y | head"),
  ).toEqual(["run a --x 'b; c'", 'status --y']);
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repository } from '../support/cli.ts';
import { importsOf, reachedFrom, readImports } from './imports.ts';

/** An option of this command in a text of the source. Those of other programs follow their name. */
const flag = /(?:['"`( ])--[a-z][a-z-]+/;
const otherPrograms = /aws configure --profile|\$\{login\} --profile|aws s3 cp --recursive/;

/** Only the command reaches its error: the library checks the options before. */
const commandOnly = ['model/import/preprocessing-options.ts'];

function flagsIn(source: string): string[] {
  return source
    .split('\n')
    .filter((line) => !/^\s*(\*|\/\/|\/\*)/.test(line))
    .filter((line) => flag.test(line) && !otherPrograms.test(line))
    .map((line) => line.trim());
}

it('texts of the library name no option of the command', () => {
  const entries = ['results/index.ts', 'model/index.ts', 'lambdas/index.ts', ...importsOf('index.ts')];
  const reached = [...reachedFrom(entries, readImports())].filter((file) => /\.ts$/.test(file));
  expect(reached).toContain('shared/stores/aws/settings-problem.ts');
  const found = reached
    .filter((file) => !commandOnly.includes(file))
    .flatMap((file) => flagsIn(readFileSync(join(repository, file), 'utf8')).map((line) => `${file}: ${line}`));
  expect(found).toEqual([]);
});

it.each([
  ["throw new UserError('give --region');", 1],
  ['  /** As `--region` of the command. */', 0],
  ['run "aws configure --profile work"', 0],
])('%s has %i texts with an option', (line, count) => {
  expect(flagsIn(line)).toHaveLength(count);
});

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { type Finished, repository } from '../../support/cli.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { templateOf } from './deployments.ts';

/** Runs `npm run simulate` without npm. */
function simulateCommand(...args: readonly string[]): Promise<Finished> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(repository, 'bench/simulation/main.ts'), ...args], (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

/** Of the longest line. */
function widthOf(text: string): number {
  return Math.max(...text.split('\n').map(({ length }) => length));
}

const template = join(temporaryFolder(), 'inception-batch.template.json');
writeFileSync(template, JSON.stringify(templateOf()));

it('the command prints a table that fits a terminal, of a template from a file', async () => {
  const { code, stdout } = await simulateCommand('--template', template);
  expect(code).toBe(0);
  expect(stdout).toMatch(/100,000,000 at once +4m 52s +\d+h/);
  expect(widthOf(stdout)).toBeLessThanOrEqual(100);
  const incidents = await simulateCommand('--template', template, '--incidents');
  expect(widthOf(incidents.stdout)).toBeLessThanOrEqual(100);
});

it('the command prints JSON of incidents', async () => {
  const { stdout } = await simulateCommand('--template', template, '--incidents', '--json');
  const schema = z.array(
    z.object({ incidents: z.array(z.object({ incident: z.string(), alarms: z.array(z.unknown()) })) }),
  );
  expect(schema.parse(JSON.parse(stdout))[0]?.incidents).toHaveLength(8);
});

it.each([
  [
    ['--template', join(repository, 'README.md')],
    /^simulate: cannot read .*: give the template.json of `cdk synth`\n$/,
  ],
  [['--template', join(repository, 'package.json')], /^simulate: not a CloudFormation template: give .*\n$/],
  [['--stage', 'missing'], /^simulate: the stage missing has no settings: .*\n$/],
  [['--seed', 'x'], /^simulate: give a whole number as --seed\n$/],
  [['--foo'], /^simulate: Unknown option '--foo', see --help\n$/],
  [['--stage'], /^simulate: Option '--stage <value>' argument missing, see --help\n$/],
  [['extra'], /^simulate: Unexpected argument 'extra', see --help\n$/],
] as const)('the command says what to do about %j', async (args, message) => {
  const { code, stderr } = await simulateCommand(...args);
  expect(code).toBe(1);
  expect(stderr).toMatch(message);
});

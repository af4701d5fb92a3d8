import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { workerEnvironment } from '../../../lambdas/classify/config.ts';
import { defaultBatchSize } from '../../../shared/deployment/defaults.ts';
import { readEnvironment } from '../../../shared/deployment/environment.ts';
import { minCores } from '../../../shared/inference/accelerator/check-speed.ts';
import { repository } from '../../support/cli.ts';
import { keyValues, parseDockerfile, stageOf } from '../../support/dockerfile.ts';
import { markdownTable } from '../../support/markdown-table.ts';

const page = join(repository, 'docs/deploy-worker.md');
const required = { MODEL: 'model', CROPS_QUEUE_URL: 'https://queue', RESULTS: 's3://results' };
/** Defaults that the machine decides. */
const byMachine: Readonly<Record<string, string>> = {
  THREADS: 'all cores',
  BATCH_SIZE: `${defaultBatchSize('cpu')}, on an accelerator ${defaultBatchSize('cuda')}`,
  MIN_IMAGES_PER_SECOND: `0, on an accelerator the speed of ${minCores} cores`,
};

/** The variables that an image sets. */
async function setIn(target: string): Promise<Record<string, string>> {
  const source = await readFile(join(repository, 'lambdas/classify/image/Dockerfile'), 'utf8');
  const set = stageOf(parseDockerfile(source), target).filter(({ name }) => name === 'ENV');
  return keyValues(set.map(({ text }) => text).join(' '));
}

it('docs/deploy-worker.md lists every variable with its meaning and default', async () => {
  const defaults: Readonly<Record<string, unknown>> = readEnvironment(workerEnvironment, required);
  const [cpu, gpu] = await Promise.all(['cpu', 'gpu'].map(setIn));
  const rows = Object.entries(workerEnvironment.shape).map(([name, field]) => {
    const given = byMachine[name] ?? (defaults[name] === undefined ? '' : String(defaults[name]));
    const images = [...new Set([cpu?.[name] ?? '', gpu?.[name] ?? ''])].join(', ');
    return [`\`${name}\``, String(field.description), name in required ? 'required' : given, images];
  });
  const made = markdownTable([['variable', 'what it is', 'default', 'in the images'], ...rows]);
  const text = await readFile(page, 'utf8');
  const withTable = text.replace(
    /(<!-- Made from [^\n]*\n)[\s\S]*?(<!-- end -->)/,
    (_, from, to) => `${from}\n${made}\n\n${to}`,
  );
  await expect(withTable).toMatchFileSnapshot(page);
});

it('exactly the required variables have no default', () => {
  const needed = Object.entries(workerEnvironment.shape).filter(([, field]) => !field.safeParse(undefined).success);
  expect(needed.map(([name]) => name)).toEqual(Object.keys(required));
});

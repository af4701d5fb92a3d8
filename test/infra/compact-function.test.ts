import { expect, it } from 'vitest';
import { compactEnvironment } from '../../lambdas/compact/config.ts';
import { readEnvironment } from '../../shared/deployment/environment.ts';
import { environments, statements } from './statements.ts';
import { resources, synthesize } from './synthesize.ts';

const made = synthesize();

it('results are compacted every night by a function with enough disk and time', () => {
  const rule = resources(made, 'AWS::Events::Rule').find(({ id }) => id.startsWith('Compact'));
  expect(rule?.Properties).toMatchObject({ ScheduleExpression: 'cron(0 3 * * ? *)', State: 'ENABLED' });
  const compact = resources(made, 'AWS::Lambda::Function').find(({ id }) => id.startsWith('Compact'));
  expect(JSON.stringify(rule?.Properties['Targets'])).toContain(compact?.id);
  const variables = environments(made).find(({ BYTES_AT_ONCE }) => BYTES_AT_ONCE !== undefined) ?? {};
  const texts = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, textOf(value)]));
  const environment = readEnvironment(compactEnvironment, texts);
  const { EphemeralStorage, Timeout } = compact?.Properties ?? {};
  expect(EphemeralStorage).toEqual({ Size: 10_240 });
  expect(3 * environment.BYTES_AT_ONCE).toBeLessThan(10_240 * 2 ** 20);
  expect(environment.STOP_AFTER_SECONDS).toBeLessThan(Number(Timeout) - 300);
});

it('the compact function may list the results and replace parts, nothing else', () => {
  const granted = statements(made).filter(({ id }) => id.startsWith('Compact'));
  const actions = granted.flatMap(({ Action }) => Action).filter((action) => action.startsWith('s3:'));
  expect(actions.toSorted()).toEqual(['s3:DeleteObject', 's3:GetObject', 's3:ListBucket', 's3:PutObject']);
  const parts = granted.find(({ Action }) => Action.includes('s3:DeleteObject'));
  expect(JSON.stringify(parts?.Resource)).toMatch(/Results.*\/results\/\*/);
});

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : 's3://results';
}

import { expect, it } from 'vitest';
import { compactEnvironment } from '../../lambdas/compact/config.ts';
import { readEnvironment } from '../../shared/deployment/environment.ts';
import { environments, statements } from './statements.ts';
import { resources, synthesise } from './synthesise.ts';

const made = synthesise({});

it('results are compacted every night by a function that has the room for what it sorts', () => {
  const rule = resources(made, 'AWS::Events::Rule').find(({ id }) => id.startsWith('Compact'));
  expect(rule?.Properties).toMatchObject({ ScheduleExpression: 'cron(0 3 * * ? *)', State: 'ENABLED' });
  const own = resources(made, 'AWS::Lambda::Function').find(({ id }) => id.startsWith('Compact'));
  expect(JSON.stringify(rule?.Properties['Targets'])).toContain(own?.id);
  const given = environments(made).find(({ BYTES_AT_ONCE }) => BYTES_AT_ONCE !== undefined);
  const texts = Object.fromEntries(Object.entries(given ?? {}).map(([name]) => [name, textOf(given?.[name])]));
  const environment = readEnvironment(compactEnvironment, texts);
  const { EphemeralStorage, Timeout } = own?.Properties ?? {};
  expect(EphemeralStorage).toEqual({ Size: 10_240 });
  expect(3 * environment.BYTES_AT_ONCE).toBeLessThan(10_240 * 2 ** 20);
  expect(environment.STOP_AFTER_SECONDS).toBeLessThan(Number(Timeout) - 300);
});

it('the compact function may list the results, and replace parts alone', () => {
  const own = statements(made).filter(({ id }) => id.startsWith('Compact'));
  const actions = own.flatMap(({ Action }) => Action).filter((action) => action.startsWith('s3:'));
  expect(actions.toSorted()).toEqual(['s3:DeleteObject', 's3:GetObject', 's3:ListBucket', 's3:PutObject']);
  const parts = own.find(({ Action }) => Action.includes('s3:DeleteObject'));
  expect(JSON.stringify(parts?.Resource)).toMatch(/Results.*\/results\/\*/);
});

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : 's3://results';
}

import { expect, it } from 'vitest';
import { matches } from './event-rule.ts';

const pattern = {
  source: ['aws.ecs'],
  detail: { $or: [{ containers: { exitCode: [{ 'anything-but': [0] }] } }, { stopCode: ['TaskFailedToStart'] }] },
};

it.each([
  ['one container failed', { containers: [{ exitCode: 0 }, { exitCode: 1 }] }, true],
  ['all containers succeeded', { containers: [{ exitCode: 0 }] }, false],
  ['no container has an exit code', { containers: [{ name: 'worker' }] }, false],
  ['the other alternative holds', { stopCode: 'TaskFailedToStart' }, true],
])('an event matches a pattern as in EventBridge: %s', (_, detail, expected) => {
  expect(matches(pattern, { source: 'aws.ecs', detail })).toBe(expected);
  expect(matches(pattern, { source: 'aws.ec2', detail })).toBe(false);
});

it('a filter that is not known here is an error', () => {
  expect(() => matches({ source: [{ prefix: 'aws.' }] }, { source: 'aws.ecs' })).toThrow();
});

import { describe, expect, it } from 'vitest';
import { parseSettings } from '../../infra/settings.ts';

const vpc = 'vpc-0123456789abcdef0';
const subnets = 'subnet-0123456789abcdef0';

const wrong: readonly [name: string, context: Record<string, unknown>, expected: RegExp][] = [
  ['an unknown setting', { modle: 'x' }, /modle is not a setting: choose from stage, /],
  ['a stage with capitals', { stage: 'Prod' }, /stage=Prod is invalid: give the name of the deployment/],
  ['an unknown classifier', { classifier: 'tpu' }, /classifier=tpu is invalid: give gpu or lambda/],
  ['a type without a GPU', { instanceTypes: 'm7i.large' }, /instanceTypes=m7i.large is invalid: give EC2 types/],
  ['a type with several GPUs', { instanceTypes: 'g5.12xlarge' }, /instanceTypes=g5.12xlarge is invalid: .* one NVIDIA/],
  ['one wrong type among several', { instanceTypes: 'g6.xlarge,t3.micro' }, /instanceTypes=.* is invalid/],
  ['more than 100 % Spot', { spotPercent: '101' }, /spotPercent=101 is invalid: give a whole number from 0 to 100/],
  ['no workers', { maxWorkers: '0' }, /maxWorkers=0 is invalid: give a whole number from 1 to 500/],
  ['a batch size that is not a number', { batchSize: 'many' }, /batchSize=many is invalid/],
  ['a batch size that is not a power of two', { batchSize: '100' }, /batchSize=100 is invalid: give 1, 2, .*64/],
  ['five crops', { crops: '5' }, /crops=5 is invalid: give 1, 10 or 144/],
  ['an unknown transport', { transport: 'pigeon' }, /transport=pigeon is invalid: give .*auto/],
  ['messages for a month', { messageDays: '31' }, /messageDays=31 is invalid: give .* from 1 to 14/],
  ['a retention that CloudWatch does not offer', { logDays: '8' }, /logDays=8 is invalid: give one of 1, 3, 5, 7, 14/],
  ['an address without a host', { alarmEmail: 'ops' }, /alarmEmail=ops is invalid: give an e-mail address/],
  ['an impossible bucket name', { dropBucket: 'My_Photos' }, /dropBucket=My_Photos is invalid: give the name of/],
  ['a prefix that begins with a slash', { dropPrefix: '/in' }, /dropPrefix=\/in is invalid: give a key prefix/],
  ['a VPC without subnets', { vpc }, /give vpc and subnets together; missing: subnets/],
  ['subnets without a VPC', { subnets }, /give vpc and subnets together; missing: vpc/],
  ['endpoints in an existing VPC', { vpc, subnets, egress: 'endpoints' }, /omit egress=endpoints when vpc is given/],
  ['a single function', { classifier: 'lambda', maxWorkers: '1' }, /give maxWorkers of at least 2/],
  ['Spot for a function', { classifier: 'lambda', spotPercent: '50' }, /omit spotPercent: no effect with/],
  ['neither true nor false', { paused: 'yes' }, /paused=yes is invalid: give true .*, or false/],
];

describe('settings of a deployment', () => {
  it.each(wrong)('with %s are rejected in one line', (_, context, expected) => {
    expect(() => parseSettings(context)).toThrow(expected);
    expect(() => parseSettings(context)).toThrow(/^wrong settings: [^\n]+$/);
  });

  it('report all faults at once', () => {
    expect(() => parseSettings({ crops: '2', spotPercent: '-1', nonsense: '1' })).toThrow(
      /nonsense.*; .*(spotPercent.*crops|crops.*spotPercent)/,
    );
  });

  it("have defaults, and ignore the CDK's own context", () => {
    const settings = parseSettings({
      '@aws-cdk/core:checkSecretUsage': true,
      'aws:cdk:bundling-stacks': [],
      'cli-telemetry': false,
    });
    expect(settings).toMatchObject({
      stage: 'dev',
      production: false,
      classifier: 'gpu',
      spotPercent: 100,
      paused: false,
    });
  });

  it('are given as strings or as values', () => {
    expect(parseSettings({ maxWorkers: 7, paused: true })).toMatchObject({ maxWorkers: 7, paused: true });
    expect(parseSettings({ maxWorkers: '7', paused: 'true' })).toMatchObject({ maxWorkers: 7, paused: true });
  });

  it('of the stage prod keep stored data by default', () => {
    expect(parseSettings({ stage: 'prod' }).production).toBe(true);
    expect(parseSettings({ stage: 'prod', production: 'false' }).production).toBe(false);
    expect(parseSettings({ stage: 'live', production: 'true' }).production).toBe(true);
  });
});

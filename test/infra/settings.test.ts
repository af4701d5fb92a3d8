import { describe, expect, it } from 'vitest';
import { parseSettings } from '../../infra/settings.ts';

const wrong: readonly [name: string, context: Record<string, unknown>, expected: RegExp][] = [
  ['a setting that there is not', { modle: 'x' }, /there is no setting modle, only stage, /],
  ['a stage with capitals', { stage: 'Prod' }, /stage should be the name of this deployment.*, it is "Prod"/],
  ['an unknown classifier', { classifier: 'tpu' }, /classifier should be what classifies: gpu or lambda, it is "tpu"/],
  [
    'a type without a GPU',
    { instanceTypes: 'm7i.large' },
    /instanceTypes should be EC2 types on x86-64 with one NVIDIA GPU/,
  ],
  [
    'a type with several GPUs',
    { instanceTypes: 'g5.12xlarge' },
    /instanceTypes should be EC2 types on x86-64 with one NVIDIA GPU/,
  ],
  ['one wrong type among several', { instanceTypes: 'g6.xlarge,t3.micro' }, /instanceTypes should be/],
  ['a share of Spot above all', { spotPercent: '101' }, /spotPercent should be .* from 0 to 100, it is "101"/],
  ['no workers', { maxWorkers: '0' }, /maxWorkers should be .* from 1 to 500, it is "0"/],
  ['a batch that is no number', { batchSize: 'many' }, /batchSize should be .*, it is "many"/],
  ['a batch that is no power of two', { batchSize: '100' }, /batchSize should be .*64.*, it is "100"/],
  ['five crops', { crops: '5' }, /crops should be crops of each image: 1, 10 or 144, it is "5"/],
  ['an unknown transport', { transport: 'pigeon' }, /transport should be .*auto.*, it is "pigeon"/],
  ['messages that are kept for a month', { messageDays: '31' }, /messageDays should be .* from 1 to 14, it is "31"/],
  [
    'days for which CloudWatch keeps no logs',
    { logDays: '8' },
    /logDays should be days .* of 1 3 5 7 14 .*, it is "8"/,
  ],
  ['an address without a host', { alarmEmail: 'ops' }, /alarmEmail should be the address .*, it is "ops"/],
  [
    'a bucket that cannot be',
    { dropBucket: 'My_Photos' },
    /dropBucket should be the bare name of a bucket.*, it is "My_Photos"/,
  ],
  ['a prefix that begins with a slash', { dropPrefix: '/in' }, /dropPrefix should be .*, it is "\/in"/],
  ['a VPC without subnets', { vpc: 'vpc-0123456789abcdef0' }, /expected vpc and subnets together, got only vpc/],
  [
    'subnets without a VPC',
    { subnets: 'subnet-0123456789abcdef0' },
    /expected vpc and subnets together, got only subnets/,
  ],
  [
    'endpoints in a VPC that there is',
    { vpc: 'vpc-0123456789abcdef0', subnets: 'subnet-0123456789abcdef0', egress: 'endpoints' },
    /egress=endpoints is for a VPC made here/,
  ],
  [
    'one function at a time',
    { classifier: 'lambda', maxWorkers: '1' },
    /maxWorkers should be at least 2 with classifier=lambda/,
  ],
  ['neither true nor false', { paused: 'yes' }, /paused should be true .*, or false, it is "yes"/],
];

describe('settings of a deployment', () => {
  it.each(wrong)('with %s are refused in one line', (_, context, expected) => {
    expect(() => parseSettings(context)).toThrow(expected);
    expect(() => parseSettings(context)).toThrow(/^wrong settings: [^\n]+$/);
  });

  it('that are wrong in several ways are told all at once', () => {
    expect(() => parseSettings({ crops: '2', spotPercent: '-1', nonsense: '1' })).toThrow(
      /nonsense.*; .*(spotPercent.*crops|crops.*spotPercent)/,
    );
  });

  it('need not be given, and what the CDK keeps beside them is left alone', () => {
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

  it('may be texts or values', () => {
    expect(parseSettings({ maxWorkers: 7, paused: true })).toMatchObject({ maxWorkers: 7, paused: true });
    expect(parseSettings({ maxWorkers: '7', paused: 'true' })).toMatchObject({ maxWorkers: 7, paused: true });
  });

  it('of the stage prod keep what is stored, unless they say otherwise', () => {
    expect(parseSettings({ stage: 'prod' }).production).toBe(true);
    expect(parseSettings({ stage: 'prod', production: 'false' }).production).toBe(false);
    expect(parseSettings({ stage: 'live', production: 'true' }).production).toBe(true);
  });
});

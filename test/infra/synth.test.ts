import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeTinyModel } from '../support/tiny-model.ts';
import { cdkSynth, runApp } from './run-app.ts';

const folder = temporaryFolder();
const model = join(folder, 'model');
beforeAll(() => writeTinyModel(model));

const variants: Record<string, Record<string, string>> = {
  'GPU workers': { model },
  'a function that classifies': { model, classifier: 'lambda' },
  production: { model, stage: 'prod', alarmEmail: 'ops@example.org' },
  development: { model, stage: 'dev' },
  'no model yet': {},
  'a bucket that there is': { model, dropBucket: 'my-photos', dropPrefix: 'in/' },
  'a VPC that there is': {
    model,
    vpc: 'vpc-0123456789abcdef0',
    subnets: 'subnet-0123456789abcdef0,subnet-0fedcba9876543210',
  },
  'private subnets with endpoints': { model, egress: 'endpoints' },
  'private subnets with a NAT gateway': { model, egress: 'nat' },
  'a pause': { model, paused: 'true' },
};

const wrong: readonly [name: string, settings: Record<string, string>, expected: RegExp][] = [
  ['a setting that there is not', { workers: '3' }, /there is no setting workers/],
  ['a value that cannot be', { spotPercent: '200' }, /spotPercent should be .* from 0 to 100, it is "200"/],
  [
    'a model that is not there',
    { model: '/no/such/model' },
    /model should be the folder of a model directory, there is no \/no\/such\/model\/manifest\.json/,
  ],
  ['settings that do not fit together', { vpc: 'vpc-0123456789abcdef0' }, /expected vpc and subnets together/],
];

describe('without an account and without a container engine', () => {
  it('`cdk synth` ends well and leaves no finding of the security rules', async () => {
    const { code, stdout, stderr } = await cdkSynth(join(folder, 'synth'), { model });
    expect(stderr + stdout).not.toMatch(/AwsSolutions|ERROR/);
    expect(code).toBe(0);
    const report = JSON.parse(readFileSync(join(folder, 'synth/validation-report.json'), 'utf8'));
    expect(JSON.stringify(report)).not.toContain('AwsSolutions-');
  });

  it.each(Object.entries(variants))('%s can be synthesised with no finding', async (name, settings) => {
    const { code, stderr } = await runApp(join(folder, name.replaceAll(' ', '-')), settings);
    expect(stderr).not.toMatch(/AwsSolutions|ERROR/);
    expect(code).toBe(0);
  });

  it.each(wrong)('%s fails in one line', async (_, settings, expected) => {
    const { code, stderr } = await runApp(join(folder, 'wrong'), settings);
    expect(stderr).toMatch(/^inception-batch: [^\n]+\n$/);
    expect(stderr).toMatch(expected);
    expect(code).toBe(1);
  });
});

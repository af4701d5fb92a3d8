import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSettings } from '../../infra/settings.ts';
import { parseStage, readStage } from '../../infra/stage-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const vpc = 'vpc-0123456789abcdef0';
const subnets = ['subnet-0123456789abcdef0'];

const wrong: readonly [name: string, content: Record<string, unknown>, expected: RegExp][] = [
  ['an unknown setting', { modle: 'x' }, /modle is not a setting: choose from production, /],
  ['a setting in other letters', { maxworkers: 2 }, /maxworkers is not a setting: did you mean maxWorkers\?/],
  ['an unknown classifier', { classifier: 'tpu' }, /classifier: "tpu" is invalid: give gpu, cpu or lambda/],
  ['a type without a GPU', { instanceTypes: ['m7i.large'] }, /instanceTypes: \["m7i.large"\] is invalid: give a list/],
  ['a type with several GPUs', { instanceTypes: ['g5.12xlarge'] }, /instanceTypes: .* is invalid: .* one NVIDIA/],
  ['one wrong type among several', { instanceTypes: ['g6.xlarge', 't3.micro'] }, /instanceTypes: .* is invalid/],
  ['a type that is given twice', { instanceTypes: ['g6.xlarge', 'g6.xlarge'] }, /instanceTypes: .*, each once/],
  ['more than 100 % Spot', { spotPercent: 101 }, /spotPercent: 101 is invalid: give a whole number from 0 to 100/],
  ['no workers', { maxWorkers: 0 }, /maxWorkers: 0 is invalid: give a whole number from 1 to 500/],
  ['half a worker', { maxWorkers: 1.5 }, /maxWorkers: 1.5 is invalid: give a whole number/],
  ['a number as text', { maxWorkers: '7' }, /maxWorkers: "7" is invalid: give a whole number/],
  ['a setting without a value', { model: null }, /model: null is invalid: give the folder/],
  ['a batch size that is not a power of two', { batchSize: 100 }, /batchSize: 100 is invalid: give 1, 2, .*64/],
  ['five crops', { crops: 5 }, /crops: 5 is invalid: give 1, 10 or 144/],
  ['an unknown transport', { transport: 'pigeon' }, /transport: "pigeon" is invalid: give .*auto/],
  ['messages for a month', { messageDays: 31 }, /messageDays: 31 is invalid: give .* from 1 to 14/],
  ['a retention that CloudWatch does not offer', { logDays: 8 }, /logDays: 8 is invalid: give 1, 3, 5, 7, 14/],
  ['an address without a host', { alarmEmail: 'ops' }, /alarmEmail: "ops" is invalid: give an e-mail address/],
  ['an impossible bucket name', { dropBucket: 'my photos' }, /dropBucket: "my photos" is invalid: give the name of/],
  ['a prefix that begins with a slash', { dropPrefix: '/in' }, /dropPrefix: "\/in" is invalid: give a key prefix/],
  [
    'a long prefix',
    { dropPrefix: 'ä'.repeat(513) },
    /dropPrefix: .* is invalid: give a key prefix of up to 1024 bytes/,
  ],
  ['a prefix with a line break', { dropPrefix: 'in\n' }, /dropPrefix: "in\\n" is invalid/],
  ['a prefix with a variable', { dropPrefix: `in$${'{AWS::Region}'}/` }, /dropPrefix: .* is invalid/],
  ['a prefix with half a pair of parentheses', { dropPrefix: 'in)/' }, /dropPrefix: "in\)\/" is invalid/],
  ['a registry without a host', { npmRegistry: 'http://[bad' }, /npmRegistry: .* is invalid: give the URL/],
  ['a bucket name with a hyphen next to a dot', { dropBucket: 'a.b-.c' }, /dropBucket: "a.b-.c" is invalid/],
  ['an infinite number', { maxWorkers: Infinity }, /maxWorkers: Infinity is invalid/],
  ['a field that objects have', JSON.parse('{"__proto__": 1}'), /__proto__ is not a setting/],
  ['a VPC without subnets', { vpc }, /give vpc and subnets together; missing: subnets/],
  ['subnets without a VPC', { subnets }, /give vpc and subnets together; missing: vpc/],
  ['endpoints in an existing VPC', { vpc, subnets, egress: 'endpoints' }, /omit egress "endpoints" when vpc is given/],
  ['a single function', { classifier: 'lambda', maxWorkers: 1 }, /give maxWorkers of at least 2/],
  [
    'a GPU for workers on CPUs',
    { classifier: 'cpu', instanceTypes: ['c7a.xlarge', 'g6.xlarge'] },
    /g6.xlarge cannot be used with classifier "cpu": give c7a, c7i, m7a and m7i/,
  ],
  [
    'more cores than a worker was seen to feed',
    { classifier: 'cpu', instanceTypes: ['c7a.8xlarge'] },
    /instanceTypes: .* is invalid: give .* c7a, c7i, m7a and m7i from xlarge to 4xlarge/,
  ],
  [
    'CPUs of two sizes',
    { classifier: 'cpu', instanceTypes: ['c7a.xlarge', 'm7a.2xlarge'] },
    /c7a.xlarge and m7a.2xlarge have different sizes: give instanceTypes of one size/,
  ],
  [
    'a type without a GPU',
    { instanceTypes: ['c7a.xlarge'] },
    /c7a.xlarge cannot be used with classifier "gpu": give EC2 types on x86-64 with one NVIDIA GPU/,
  ],
  [
    'a feed of CUDA for workers on CPUs',
    { classifier: 'cpu', nugetFeed: 'https://packages.example.org/index.json' },
    /omit nugetFeed: no effect with classifier "cpu"/,
  ],
  ['Spot for a function', { classifier: 'lambda', spotPercent: 50 }, /omit spotPercent: no effect with/],
  ['a VPC for a function', { classifier: 'lambda', vpc, subnets }, /omit vpc and subnets: no effect with/],
  ['neither true nor false', { paused: 'yes' }, /paused: "yes" is invalid: give true .*, or false/],
];

describe('settings of a stage', () => {
  it.each(wrong)('with %s are rejected in one line', (_, content, expected) => {
    expect(() => parseStage('dev', content)).toThrow(expected);
    expect(() => parseStage('dev', content)).toThrow(/^wrong settings( in infra\/stages\/dev.json)?: [^\n]+$/);
  });

  it('report all faults at once', () => {
    expect(() => parseStage('dev', { crops: 2, spotPercent: -1, nonsense: 1 })).toThrow(
      /nonsense.*; .*(spotPercent.*crops|crops.*spotPercent)/,
    );
  });

  it('allow more functions than workers by default: idle functions cost nothing', () => {
    expect(parseSettings({ classifier: 'lambda' }).maxWorkers).toBe(20);
    expect(parseSettings({}).maxWorkers).toBe(4);
    expect(parseSettings({ classifier: 'lambda', maxWorkers: 7 }).maxWorkers).toBe(7);
  });

  it('have other types and batches for workers on CPUs', () => {
    expect(parseSettings({ classifier: 'cpu' })).toMatchObject({
      instanceTypes: ['c7a.xlarge', 'm7a.xlarge'],
      batchSize: 8,
      maxWorkers: 4,
    });
    const instanceTypes = ['m7i.4xlarge', 'c7i.4xlarge'];
    expect(parseSettings({ classifier: 'cpu', instanceTypes, batchSize: 16 })).toMatchObject({
      instanceTypes,
      batchSize: 16,
    });
  });

  it('have defaults', () => {
    expect(parseStage('dev', {}).settings).toMatchObject({
      stage: 'dev',
      production: false,
      classifier: 'gpu',
      spotPercent: 100,
      paused: false,
    });
  });

  it('of the stage prod keep stored data by default', () => {
    expect(parseStage('prod', {}).settings.production).toBe(true);
    expect(parseStage('prod', { production: false }).settings.production).toBe(false);
    expect(parseStage('live', { production: true }).settings.production).toBe(true);
  });

  it('are read from text in UTF-8, with or without a byte order mark', () => {
    const folder = temporaryFolder();
    const write = (content: string | Buffer) => writeFileSync(join(folder, 'dev.json'), content);
    write('\uFEFF{"maxWorkers": 7}');
    expect(readStage('dev', folder).settings.maxWorkers).toBe(7);
    write(Buffer.from('{"maxWorkers": 7}', 'utf16le'));
    expect(() => readStage('dev', folder)).toThrow(/^\S+dev.json is not valid JSON: [^\p{Cc}]+$/u);
    write(Buffer.from([0xff, 0xfe, 0x7b, 0x00]));
    expect(() => readStage('dev', folder)).toThrow(/dev.json is not text in UTF-8: save it in this encoding$/);
  });

  it('are not a folder', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'dev.json'));
    expect(() => readStage('dev', folder)).toThrow(/^\S+dev.json cannot be read: EISDIR[^\n]+$/);
  });

  it('are a JSON object', () => {
    expect(() => parseStage('dev', ['model'])).toThrow(/^infra\/stages\/dev.json is not a JSON object: write settings/);
  });
});

describe('props of the construct', () => {
  it('are checked by the same schema', () => {
    for (const [, content, expected] of wrong.filter(([, content]) => !('dropBucket' in content || 'vpc' in content))) {
      if ('subnets' in content) continue;
      expect(() => parseSettings(content)).toThrow(expected.source.includes('choose') ? /not a setting/ : expected);
    }
  });

  it('may be undefined', () => {
    expect(parseSettings({ model: undefined, crops: undefined })).toEqual(parseSettings({}));
  });

  it('contain the name of the stage', () => {
    expect(() => parseSettings({ stage: 'Prod' })).toThrow(/stage: "Prod" is invalid: give the name of the deployment/);
  });
});

import { execFileSync } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assumptions } from '../../jobs/cost/assumptions.ts';
import { launcher, repository } from '../support/cli.ts';
import { withoutModels as environment, planWithoutModels as plan } from '../support/plan-without-models.ts';
import { failureOf, runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('plan --deadline', () => {
  it('prints a table of 80 columns, the cheapest option in time, and the commands that deploy it', async () => {
    const { stdout } = await runCommand(['plan', '--count', '1000000', '--deadline', '2h'], environment);
    const table = stdout.slice(0, stdout.indexOf('\n\n', stdout.indexOf('option')));
    expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(table).toMatch(/^lambda +googlenet-int8 +assumed +196 +\d+ +\d+m +\d\.\d\d$/m);
    expect(table).toMatch(/^g6.xlarge +googlenet +published +694 +1 +29m +\d\.\d\d +\d\.\d\d$/m);
    const [, name, dollars] =
      /^Cheapest within 2h: \d+ (\S+), on Spot, with googlenet-int8:\s\$(\d\.\d\d)\sin\s\d+m/m.exec(stdout) ?? [];
    expect(stdout).toContain(`\n$${dollars} in total`);
    expect(stdout).toMatch(
      new RegExp(
        [
          '^  npx inception-batch model pull googlenet-int8 --out .cache/googlenet-int8',
          `  echo '{"model":".cache/googlenet-int8","classifier":"cpu","instanceTypes":\\["${name}"\\],.*' > infra/stages/batch.json`,
          '  npx cdk deploy -c stage=batch',
          '  npx inception-batch submit s3://BUCKET/PREFIX --store RESULTS_STORE .* --model .cache/googlenet-int8$',
        ].join('\n'),
        'm',
      ),
    );
  });

  it('chooses the cheapest of those that finish in time, and explains it', async () => {
    const { options, cheapest, hours, dollars } = await plan('--count', '1000000', '--deadline', '4m');
    const [first] = options;
    expect(cheapest).toMatchObject({ name: 'lambda', model: 'googlenet-int8' });
    expect(first).toMatchObject({ name: 'lambda', hours, dollars });
    expect(hours).toBeLessThanOrEqual(4 / 60);
    const late = options.filter(({ problem }) => problem !== null);
    expect(late.map(({ problem }) => problem)).toContain('does not start in time');
    expect(Math.min(...late.map((option) => option.dollars))).toBeLessThan(dollars);
  });

  it('names what is late, and the closest if everything is', async () => {
    const { stdout } = await runCommand(['plan', '--count', '1000000000', '--deadline', '10m'], environment);
    const text = stdout.replaceAll(/\s+/g, ' ');
    expect(text).toContain('No option finishes within 10m. Closest: ');
    expect(text).toMatch(
      /Late: [^:]*lambda with googlenet[^:]*: needs [\d,]+ ingest functions, and an account has 1,000/,
    );
  });

  it.each([
    ['0', 'Give a time above 0 such as 90m, 2h, 2h30m or 1d12h.'],
    ['0h', 'Give a time above 0 such as 90m, 2h, 2h30m or 1d12h.'],
    ['2', 'Give a time above 0 such as 90m, 2h, 2h30m or 1d12h.'],
    ['2 hours', 'Give a time above 0 such as 90m, 2h, 2h30m or 1d12h.'],
    ['-1h', 'Give a time above 0 such as 90m, 2h, 2h30m or 1d12h.'],
    ['30m1h', 'Give a time above 0 such as 90m, 2h, 2h30m or 1d12h.'],
  ])('refuses %s', async (text, advice) => {
    expect(await failureOf(['plan', '--count', '1', `--deadline=${text}`], 2)).toContain(advice);
  });

  it.each([
    ['2h30m', 2.5],
    ['90m', 1.5],
    ['1d12h', 36],
    ['7200s', 2],
  ])('takes %s', async (text, limit) => {
    const { options } = await plan('--count', '100000000', '--deadline', text, '--rate', '10');
    for (const { hours, problem } of options) if (problem === null) expect(hours).toBeLessThanOrEqual(limit);
    expect(options.some(({ hours }) => hours > 0.9 * limit)).toBe(true);
  });

  it('says if ingest takes longest', async () => {
    const photos = ['plan', '--count', '1000000', '--size', '20MB'];
    const { stdout } = await runCommand(photos, environment);
    expect(stdout).toContain('Ingest takes longest, with up to 50 functions at the same time: more workers');
    expect((await runCommand(photos.slice(0, 3), environment)).stdout).not.toContain('Ingest takes longest');
  });

  it('refuses more workers than a deployment can have', async () => {
    expect(await failureOf(['plan', '--count', '1', '--workers', '501'], 2)).toContain('whole number from 1 to 500');
  });

  it('refuses fewer functions than Lambda runs', async () => {
    expect(await failureOf(['plan', '--count', '1', '--workers', '1', '--instance', 'lambda'], 2)).toContain(
      '--workers 1 is too few for CPU functions: Lambda runs at least 2',
    );
  });

  it('refuses a deadline in which nothing starts, and one with a number of workers', async () => {
    const { lambdaStartSeconds, startMinutes } = assumptions;
    const [seconds, minutes] = [lambdaStartSeconds.value, startMinutes.value];
    expect(await failureOf(['plan', '--count', '1', '--deadline', `${seconds - 1}s`])).toBe(
      `no worker starts before the --deadline: functions take ${seconds}s to start, instances ${minutes}m`,
    );
    expect(await failureOf(['plan', '--count', '1', '--deadline', '2h', '--workers', '3'], 2)).toContain(
      "option '--workers <n>' cannot be used with option '--deadline <time>'",
    );
  });
});

it('the costs of a plan are those of crops and rows of the model', async () => {
  const [small, googlenet] = [
    await plan('--count', '1000000', '--model', 'fashion-mnist', '--rate', '30'),
    await plan('--count', '1000000', '--rate', '30'),
  ];
  expect([small.transport, googlenet.transport]).toEqual(['inline', 'packed']);
  expect(small.dollars).toBeLessThan(0.8 * googlenet.dollars);
});

it('a plan for functions with a float model says nothing about int8', async () => {
  const { stdout } = await runCommand(['plan', '--count', '9', '--model', 'fashion-mnist'], environment);
  expect(stdout).not.toContain('int8');
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain('with fashion-mnist: less than $0.01 in');
  expect(stdout).toContain('\nless than $0.01 in total');
});

describe('the speeds of a plan', () => {
  it('are measured on this machine with the model, and scaled to the cores of a worker', async () => {
    const { options } = await plan('--count', '1000', '--model', 'fashion-mnist');
    expect(options.map(({ name }) => name).toSorted()).toEqual(['c7a.4xlarge', 'c7a.xlarge', 'lambda']);
    const rates = new Map(options.map(({ name, rate }) => [name, rate]));
    expect(rates.get('c7a.4xlarge')).toBeCloseTo(4 * (rates.get('c7a.xlarge') ?? 0), 6);
    expect(rates.get('c7a.xlarge')).toBeCloseTo(2 * (rates.get('lambda') ?? 0), 6);
    for (const { source, rateFrom, rate } of options) {
      expect(source).toBe('scaled');
      expect(rateFrom).toMatch(/^\d+ cores, each like one of this .+, measured on \d+ cores$/);
      // A network of 1.7 MB for 28 × 28 pixels.
      expect(rate).toBeGreaterThan(100);
    }
  });

  it('are named as measured, published, assumed or given', async () => {
    const text = async (...args: string[]) =>
      (await runCommand(['plan', '--count', '1000', ...args], environment)).stdout.replaceAll(/\s+/g, ' ');
    const measured = await text('--model', 'fashion-mnist');
    expect(measured).toMatch(/scaled: from this .+, measured on \d+ cores, by the vCPUs of a worker\./);
    expect(measured).toContain(
      'speed with this model is not known: g4dn.xlarge, g5.xlarge, g6.xlarge; give --gpu-rate.',
    );
    const assumed = await text();
    expect(assumed).toContain('published: for another network of about this size; give --gpu-rate for your own.');
    expect(assumed).toContain('assumed: from npm run bench:models; pull the model to measure it here.');
    expect(await text('--rate', '50', '--gpu-rate', '900')).not.toMatch(/published: |assumed: from npm|scaled: /);
  });

  it('are those of a model folder without a slash, which the commands then do not pull', async () => {
    const folder = temporaryFolder();
    await cp(join(repository, 'demo/fashion-mnist/model'), join(folder, 'clothes'), { recursive: true });
    const args = [launcher, 'plan', '--count', '1000', '--model', 'clothes'];
    const stdout = execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    expect(stdout).toMatch(/in a clone:\n\n {2}echo '\{"model":".\/clothes",/);
  });

  it('of a core and of a GPU can be given', async () => {
    const { options } = await plan('--count', '1000', '--model', 'fashion-mnist', '--rate', '50', '--gpu-rate', '900');
    const rates = Object.fromEntries(options.map(({ name, rate }) => [name, rate]));
    expect(rates).toEqual({
      ...{ 'g4dn.xlarge': 900, 'g5.xlarge': 900, 'g6.xlarge': 900 },
      ...{ 'c7a.xlarge': 200, 'c7a.4xlarge': 800, lambda: 100 },
    });
  });

  it.each([
    [
      ['--model', 'nsfwjs-mobilenet-v2'],
      1,
      /nsfwjs-mobilenet-v2 is not on this machine: .+ downloads it to be measured; or give --rate/,
    ],
    [['--model', 'nonsense'], 1, /^unknown model nonsense/],
    [
      ['--model', 'fashion-mnist', '--instance', 'g6.xlarge'],
      1,
      /speed of g6.xlarge with this model is not known: give --gpu-rate/,
    ],
    [
      ['--instance', 'g6.xlarge', '--rate', '5'],
      2,
      /--rate is the speed of a CPU core: give --gpu-rate with --instance g6.xlarge/,
    ],
    [['--instance', 'lambda', '--spot', '5'], 2, /--spot applies to instances: give another --instance than lambda/],
    [['--rate', '0'], 2, /Give a number above 0/],
  ] as const)('refuses %j', async (args, code, expected) => {
    const { code: exitCode, stdout, stderr } = await runCommand(['plan', '--count', '1', ...args], environment);
    expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: '' });
    expect(stderr).toMatch(/^inception-batch: [^\n]+\n$/);
    expect(stderr.slice('inception-batch: '.length)).toMatch(expected);
  });
});

import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { writePhotos } from '../support/photos.ts';
import { failureOf, runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const model = await makeTinyModel();
const drop = join(folder, 'drop');
const file = join(folder, 'file');
const run = ['run', drop, '--model', model, '--store', join(folder, 'unused')];

await writePhotos(drop, 1);
await writeFile(file, '');

describe('an invalid command line: exit code 2, and one line', () => {
  const cores = availableParallelism();
  const cases: [string[], string][] = [
    [['run', 'x', '--modle', 'y'], "unknown option '--modle'"],
    [['run'], "missing required argument 'images'"],
    [['model', 'import', 'x', '--uot', 'y'], "unknown option '--uot'"],
    [['model', 'import', 'x'], "required option '--out <dir>' not specified"],
    [[...run, '--job='], "option '--job <name>' argument '' is invalid. The job name is empty."],
    [
      [...run, '--threads', String(4 * cores + 1)],
      `option '--threads <n>' argument '${4 * cores + 1}' is invalid. Give at most ${4 * cores}: four for each of the ${cores} cores of this machine.`,
    ],
    [
      [...run, '--batch', '1025'],
      "option '--batch <n>' argument '1025' is invalid. Give a whole number from 1 to 1024.",
    ],
    [
      ['similar', 'x', '--limit', '1000000000000000'],
      "option '--limit <n>' argument '1000000000000000' is invalid. Give a whole number of at most 15 digits.",
    ],
    ...['0', '1001', '1.5', 'many', ''].map((max): [string[], string] => [
      ['regions', 'x', '--max', max],
      `option '--max <n>' argument '${max}' is invalid. Give a whole number from 1 to 1000.`,
    ]),
    ...[
      { args: ['train', 'x', '--data', 'd', '--out', 'o'], option: '--batch <n>', max: 16_384 },
      { args: ['build', 'googlenet', '--out', 'o'], option: '--classes <n>', max: 100_000 },
      { args: ['build', 'googlenet', '--out', 'o'], option: '--size <pixels>', max: 4096 },
    ].map(({ args, option, max }): [string[], string] => [
      ['model', ...args, option.replace(/ .*/, ''), String(max + 1)],
      `option '${option}' argument '${max + 1}' is invalid. Give a whole number from 1 to ${max}.`,
    ]),
    [
      ['model', 'import', 'x', '--out', 'o', '--crop-size', '224x4097'],
      "option '--crop-size <WxH>' argument '224x4097' is invalid. Give a size of at most 4096x4096.",
    ],
    [
      ['model', 'finetune', 'x', '--data', 'd', '--out', 'o', '--folds', '1001'],
      "option '--folds <n>' argument '1001' is invalid. Give a whole number from 2 to 1000.",
    ],
    [
      ['model', 'build', 'googlenet', '--out', 'o', '--width', '17'],
      "option '--width <factor>' argument '17' is invalid. Give a number above 0, at most 16.",
    ],
    [[...run, '--transport', 'packed'], '--transport applies to an SQS queue: give --queue too'],
    [
      [...run, '--transport', 'fast'],
      "option '--transport <how>' argument 'fast' is invalid. Allowed choices are inline, packed, auto.",
    ],
    [
      [...run, '--accelerator', 'gpu'],
      "option '--accelerator <name>' argument 'gpu' is invalid. Allowed choices are auto, tensorrt, cuda, webgpu, cpu.",
    ],
    ...[run, ['submit', 's3://drop', '--model', 'm'], ['status'], ['failures', 'retry']].map(
      (args): [string[], string] => [
        [...args, '--queue', 'foo'],
        `option '--queue <url${args[0] === 'status' ? '...' : ''}>' argument 'foo' is invalid. Give the URL of a queue, such as https://sqs.eu-west-1.amazonaws.com/123456789012/uploads.`,
      ],
    ),
    ...[['run', 'x', '--model', 'm'], ['watch', 'x', '--model', 'm'], ['replay', 'x', '--model', 'm'], ['results']].map(
      (args): [string[], string] => [
        [...args, '--endpoint', 'localhost:4566'],
        '--endpoint needs a URL such as http://localhost:4566, but received localhost:4566',
      ],
    ),
    [['submit', 's3://drop', '--model', 'm'], "required option '--queue <url>' not specified"],
    [['submit', 's3://drop', '--queue', 'http://q'], "required option '--model <location>' not specified"],
    [
      ['submit', 's3://drop', '--job', 'x'.repeat(201)],
      `option '--job <name>' argument '${'x'.repeat(201)}' is invalid. The job name has more than 200 characters.`,
    ],
    [['plan'], 'give a folder, s3://bucket/prefix, or --count <n>'],
    [['plan', 'x', '--count', '5'], 'give either images or --count, not both x and --count 5'],
    [['plan', 'x', '--size', '1MB'], '--size applies to --count: the images of x are listed with their sizes'],
    [['plan', '--count', '1e6'], "option '--count <n>' argument '1e6' is invalid. Give a whole number of at least 1."],
    [
      ['plan', '--count', '5', '--size', '2 XB'],
      "option '--size <bytes>' argument '2 XB' is invalid. Give a size such as 110KB, 2.5MB or 110000.",
    ],
    [
      ['plan', '--count', '5', '--spot', '101'],
      "option '--spot <percent>' argument '101' is invalid. Give a percentage from 0 to 100.",
    ],
    [
      ['plan', '--count', '5', '--on-demand', '--spot', '50'],
      "option '--on-demand' cannot be used with option '--spot <percent>'",
    ],
    [
      ['plan', '--count', '5', '--instance', 'lambda', '--on-demand'],
      '--on-demand applies to instances: give another --instance than lambda',
    ],
    [['plan', '--count', '5', '--rate', '0'], "option '--rate <n>' argument '0' is invalid. Give a number above 0."],
    [['results', '--deleted', '--sql', 'select 1'], "option '--deleted' cannot be used with option '--sql <query>'"],
  ];
  it.each(cases)('%j', async (args, line) => {
    const advice = / \((--help shows the options|did you mean .*\?)\)$/;
    expect((await failureOf(args, 2)).replace(advice, '')).toBe(line);
  });
});

describe('a name that does not exist', () => {
  it.each([
    [['rnu'], 'rnu', 'run'],
    [['help', 'rnu'], 'rnu', 'run'],
    [['help', 'model', 'improt'], 'improt', 'import'],
    [['model', 'help', 'improt'], 'improt', 'import'],
    [['model', 'improt'], 'improt', 'import'],
    [['results', 'drfit'], 'drfit', 'drift'],
    [['failures', 'exprot', '--out', 'x'], 'exprot', 'export'],
  ])('of a command is answered with the nearest one: %j', async (args, name, nearest) => {
    const { code, stdout, stderr } = await runCommand(args);
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: '',
      stderr: `inception-batch: unknown command '${name}' (did you mean ${nearest}?)\n`,
    });
  });

  it('of an option is answered with the nearest one', async () => {
    const { code, stderr } = await runCommand(['run', 'x', '--thread', '2']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "inception-batch: unknown option '--thread' (did you mean --threads?)\n",
    });
  });

  it.each([
    [['results', '--status', 'classfied'], 'classified'],
    [['failures', 'export', '--format', 'jsnl'], 'jsonl'],
    [['model', 'import', 'x.onnx', '--out', 'y', '--preset', 'bvcl'], 'bvlc'],
    [['run', 'x', '--accelerator', 'tensort'], 'tensorrt'],
  ])('of a value of an option is answered with the nearest one: %j', async (args, nearest) => {
    expect(await failureOf(args, 2)).toMatch(
      new RegExp(`is invalid\\. Allowed choices are .*\\. \\(did you mean ${nearest}\\?\\)$`),
    );
  });

  it('of a command after one without subcommands is an error too', async () => {
    expect(await failureOf(['help', 'run', 'photos'], 2)).toBe("unknown command 'photos' (--help shows the options)");
  });
});

describe('an argument with a line break or a control character', () => {
  it.each([
    [['ru\nn'], 2, "inception-batch: unknown command 'ru\\nn' (did you mean run?)"],
    [['run', 'x', '--th\nread'], 2, /^inception-batch: unknown option '--th\\nread'/],
    [
      ['run', 'x', '--job', 'a\nb'],
      2,
      /^inception-batch: option '--job <name>' argument 'a\\nb' is invalid\. The job name contains control characters\. /,
    ],
    [['run', 'x', '--threads=1\r2'], 2, /^inception-batch: option '--threads <n>' argument '1\\r2' is invalid\. /],
    [['run', 'no\nfolder'], 1, 'inception-batch: no such folder: no\\nfolder'],
    [['plan', 'no\u001b[31mfolder'], 1, 'inception-batch: no such folder: no\\u001b[31mfolder'],
    [['results', '--store', join(folder, 'no\nstore')], 1, /^inception-batch: no results in .*no\\nstore: /],
  ])('does not break the line that repeats it: %j', async (args, code, line) => {
    const { stderr, ...finished } = await runCommand(args);
    expect(finished).toEqual({ code, stdout: '' });
    expect(stderr.trimEnd().split('\n')).toEqual([typeof line === 'string' ? line : expect.stringMatching(line)]);
  });
});

describe('a command line that is invalid whatever the files and services contain: exit code 2, and one line', () => {
  const cases: [string, string[], string][] = [
    [
      'a bucket to watch',
      ['watch', 's3://drop/photos', '--model', model],
      'only a folder can be watched: give a folder instead of s3://drop/photos',
    ],
    [
      'a folder for packed crops',
      [...run, '--queue', 'http://127.0.0.1:9/0/crops', '--transport', 'packed'],
      `--transport packed needs a store in S3: give --store s3://bucket/prefix instead of ${join(folder, 'unused')}`,
    ],
    ['a store with a mistyped scheme', ['status', '--store', 's3:/x'], 's3:/x is not a location: did you mean s3://x?'],
    ['an odd scheme', ['plan', 'gs://drop'], 'gs://drop is not a location: give a folder or s3://bucket/prefix'],
    [
      'a name of a model',
      ['model', 'finetune', model, '--labels', drop, '--out', join(folder, 'new'), '--name', 'A b'],
      'give --name in lower-case letters, digits, ".", "_" and "-"; received: A b',
    ],
    [
      'no way to measure',
      ['model', 'quantize', model, '--out', file],
      'give --calibrate <folder of images>, --ranges <file>, or --fp16 for half precision',
    ],
  ];
  it.each(cases)('%s', async (_, args, line) => {
    expect(await failureOf(args, 2)).toBe(line);
  });
});

describe('an option whose value cannot be used: exit code 1, and one line', () => {
  const cases: [string, string[], string | RegExp][] = [
    ['a file to watch', ['watch', file, '--model', model], `${file} is a file: give a folder to watch`],
    ['no model', ['run', drop, '--model', ''], 'give a model directory'],
    [
      'an unavailable accelerator',
      [...run, '--accelerator', 'cuda'],
      /^cuda: not available: onnxruntime-node does not include NVIDIA's libraries$/,
    ],
    [
      'a transport that is too small for ten crops',
      ['plan', '--count', '5', '--crops', '10', '--transport', 'inline'],
      /^10 crops of 224×224 take \d+ bytes in a message, [^\n]*, with a store in S3$/,
    ],
    ['a file as results', ['results', '--store', file], `${file} is a file: the store must be a folder`],
    [
      'an endpoint without a server, for a bucket',
      ['run', 's3://no-bucket', ...run.slice(2), '--endpoint', 'http://127.0.0.1:9'],
      'the bucket no-bucket cannot be listed: http://127.0.0.1:9 cannot be reached (ECONNREFUSED): check the address, and that it is running',
    ],
    [
      'an endpoint without a server, for a queue',
      [...run, '--queue', 'http://127.0.0.1:9/0/crops', '--endpoint', 'http://127.0.0.1:9'],
      'the queue http://127.0.0.1:9/0/crops cannot be opened: http://127.0.0.1:9 cannot be reached (ECONNREFUSED): check the address, and that it is running',
    ],
  ];
  it.each(cases)('%s', async (_, args, line) => {
    const message = await failureOf(args);
    if (typeof line === 'string') expect(message).toBe(line);
    else expect(message).toMatch(line);
  });
});

import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { writePhotos } from '../support/photos.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = temporaryFolder();
const model = join(folder, 'model');
const drop = join(folder, 'drop');
const file = join(folder, 'file');
const run = ['run', drop, '--model', model, '--store', join(folder, 'unused')];

beforeAll(async () => {
  await writeTinyModel(model);
  await writePhotos(drop, 1);
  await writeFile(file, '');
});

describe('a command line that cannot be understood: exit code 2, and what is wrong with it in the first line', () => {
  const cores = availableParallelism();
  const cases: [string[], string][] = [
    [['run', 'x', '--modle', 'y'], "error: unknown option '--modle'"],
    [['run'], "error: missing required argument 'images'"],
    [['run', 'x'], "error: required option '--model <dir>' not specified"],
    [['model', 'import', 'x', '--uot', 'y'], "error: unknown option '--uot'"],
    [['model', 'import', 'x'], "error: required option '--out <dir>' not specified"],
    [[...run, '--job='], "error: option '--job <name>' argument '' is invalid. The job name is empty."],
    [
      [...run, '--threads', String(4 * cores + 1)],
      `error: option '--threads <n>' argument '${4 * cores + 1}' is invalid. Expected at most ${4 * cores}, four for each of the ${cores} cores here.`,
    ],
    [
      [...run, '--transport', 'packed'],
      'error: --transport is how crops go through a queue of SQS: expected --queue too',
    ],
    [
      [...run, '--transport', 'fast'],
      "error: option '--transport <how>' argument 'fast' is invalid. Allowed choices are inline, packed, auto.",
    ],
    [
      [...run, '--accelerator', 'gpu'],
      "error: option '--accelerator <name>' argument 'gpu' is invalid. Allowed choices are auto, tensorrt, cuda, webgpu, cpu.",
    ],
    ...[['run', 'x', '--model', 'm'], ['watch', 'x', '--model', 'm'], ['replay', 'x', '--model', 'm'], ['results']].map(
      (args): [string[], string] => [
        [...args, '--endpoint', 'localhost:4566'],
        'error: expected a URL such as http://localhost:4566 for --endpoint, got localhost:4566',
      ],
    ),
    [['submit', 's3://drop', '--model', 'm'], "error: required option '--queue <url>' not specified"],
    [['submit', 's3://drop', '--queue', 'q'], "error: required option '--model <place>' not specified"],
    [
      ['submit', 's3://drop', '--job', 'x'.repeat(201)],
      `error: option '--job <name>' argument '${'x'.repeat(201)}' is invalid. The job name has more than 200 characters.`,
    ],
    [['plan'], 'error: expected what to plan for: a folder, s3://bucket/prefix, or --count <n>'],
    [['plan', 'x', '--count', '5'], 'error: expected either images or --count, got x and --count 5'],
    [['plan', 'x', '--size', '1MB'], 'error: --size goes with --count: those of x are listed with their sizes'],
    [
      ['plan', '--count', '1e6'],
      "error: option '--count <n>' argument '1e6' is invalid. Expected a whole number of at least 1.",
    ],
    [
      ['plan', '--count', '5', '--size', '2 XB'],
      "error: option '--size <bytes>' argument '2 XB' is invalid. Expected a size such as 110KB, 2.5MB or 110000.",
    ],
    [
      ['plan', '--count', '5', '--spot', '101'],
      "error: option '--spot <percent>' argument '101' is invalid. Expected a percentage, 0 to 100.",
    ],
    [
      ['plan', '--count', '5', '--on-demand', '--spot', '50'],
      "error: option '--on-demand' cannot be used with option '--spot <percent>'",
    ],
    [
      ['plan', '--count', '5', '--instance', 'lambda', '--on-demand'],
      'error: --on-demand is about instances with a GPU: expected another --instance, got lambda',
    ],
    [
      ['plan', '--count', '5', '--rate', '0'],
      "error: option '--rate <n>' argument '0' is invalid. Expected a number above 0.",
    ],
    [
      ['plan', '--count', '5', '--ingest-batch', '10001'],
      "error: option '--ingest-batch <n>' argument '10001' is invalid. Expected at most 10000, which is all that Lambda takes.",
    ],
    [
      ['results', '--out', 'o.csv', '--format', 'csv', '--json'],
      'error: --json is the same as --format jsonl: expected one of them, got --format csv too',
    ],
    [
      ['results', '--deleted', '--sql', 'select 1'],
      "error: option '--deleted' cannot be used with option '--sql <query>'",
    ],
  ];
  it.each(cases)('%j', async (args, line) => {
    const { code, stdout, stderr } = await runCommand(args);
    expect({ code, stdout, line: stderr.split('\n', 1)[0] }).toEqual({ code: 2, stdout: '', line });
  });
});

describe('an option that names the wrong thing: exit code 1, and one line', () => {
  const cases: [string, string[], string | RegExp][] = [
    ['a file to watch', ['watch', file, '--model', model], `expected a folder to watch, but ${file} is a file`],
    [
      'a bucket to watch',
      ['watch', 's3://drop/photos', '--model', model],
      'expected a folder to watch, got s3://drop/photos: a bucket cannot be watched',
    ],
    ['no model', ['run', drop, '--model', ''], 'give a model directory'],
    ['a queue without its URL', [...run, '--queue', 'foo'], /^expected the URL of a queue, such as .*, got foo$/],
    [
      'a folder for packed crops',
      [...run, '--queue', 'http://127.0.0.1:9/0/crops', '--transport', 'packed'],
      `expected a store in S3 for --transport packed, such as s3://bucket/prefix, got ${join(folder, 'unused')}`,
    ],
    [
      'an accelerator that is not here',
      [...run, '--accelerator', 'cuda'],
      /^cuda: not available: onnxruntime-node does not include NVIDIA's libraries$/,
    ],
    [
      'a transport that holds no ten crops',
      ['plan', '--count', '5', '--crops', '10', '--transport', 'inline'],
      /^10 crops of 224×224 would make a message of \d+ bytes, [^\n]*, got inline$/,
    ],
    ['a file as results', ['results', '--store', file], `${file} is a file: the store must be a folder`],
    [
      'an endpoint where nobody listens, for a bucket',
      ['run', 's3://no-bucket', ...run.slice(2), '--endpoint', 'http://127.0.0.1:9'],
      'the bucket no-bucket cannot be listed: http://127.0.0.1:9 cannot be reached (ECONNREFUSED)',
    ],
    [
      'an endpoint where nobody listens, for a queue',
      [...run, '--queue', 'http://127.0.0.1:9/0/crops', '--endpoint', 'http://127.0.0.1:9'],
      'the queue http://127.0.0.1:9/0/crops cannot be opened: http://127.0.0.1:9 cannot be reached (ECONNREFUSED)',
    ],
  ];
  it.each(cases)('%s', async (_, args, line) => {
    const { code, stdout, stderr } = await runCommand(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const said = stderr.trimEnd().replace(/^inception-batch: /, '');
    if (typeof line === 'string') expect(said).toBe(line);
    else expect(said).toMatch(line);
  });
});

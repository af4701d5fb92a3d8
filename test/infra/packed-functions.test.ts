import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readCapturedEvent } from '../../cli/engine/replay/captured-event.ts';
import { jobSummarySchema } from '../../shared/jobs/job-summary.ts';
import { ResultsStore } from '../../shared/rows/results-store.ts';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { inceptionBatch, jsonLines, repository } from '../support/cli.ts';
import { invokeFunction } from '../support/invoke-function.ts';
import { writeList } from '../support/job-lists.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { classifiedRow } from '../support/result-rows.ts';
import { receiveRecords, sqsEvent } from '../support/sqs-event.ts';
import { startAws } from '../support/start-aws.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { cdkSynth, violationsIn } from './run-app.ts';

// The functions as `cdk synth` packs them for Lambda on arm64. The tests inspect the packed files, and run the entry
// points with this machine's builds of the native packages.
const folder = temporaryFolder();
const model = await makeTinyModel();
const events = join(repository, 'events');
type Name = 'ingest' | 'classify' | 'compact' | 'jobs';
const aws = await startAws();

const output = join(folder, 'synth');
const { code, stdout, stderr } = await cdkSynth(output, { model, classifier: 'lambda' });
expect(code, stderr).toBe(0);
expect(stderr + stdout).not.toMatch(/AwsSolutions|ERROR/);
expect(violationsIn(output)).toEqual([]);
const packed: Record<Name, string> = {
  ingest: await assetOf(output, 'ingest'),
  classify: await assetOf(output, 'classify'),
  compact: await assetOf(output, 'compact'),
  jobs: await assetOf(output, 'jobs'),
};
await aws.s3.send(new CreateBucketCommand({ Bucket: 'drop' }));
for (const file of await filesBelow(join(events, 'objects/drop'))) {
  const Key = relative(join(events, 'objects/drop'), file);
  await aws.put('drop', Key, await readFile(file));
}

// Lambda allows 250 MB unpacked.
const contents: readonly [name: Name, contained: RegExp, excluded: RegExp, maxMegabytes: number][] = [
  ['ingest', /\/sharp/, /onnxruntime|@duckdb/, 60],
  ['classify', /onnxruntime/, /\/sharp|@duckdb/, 250],
  ['compact', /@duckdb/, /onnxruntime|\/sharp/, 150],
  ['jobs', /@duckdb/, /onnxruntime|\/sharp/, 250],
];

it.each(contents)('the packed %s function contains only what it needs, for Linux on arm64', async (...expected) => {
  const [name, contained, excluded, maxMegabytes] = expected;
  const files = await filesBelow(packed[name]);
  const binaries = files.filter((file) => /\.(node|so(\.[\d.]+)?|dll|dylib)$/.test(file));
  expect(binaries.length).toBeGreaterThan(0);
  for (const binary of binaries) expect(machineOf(binary), binary).toBe(arm64);
  expect(files.some((file) => contained.test(file))).toBe(true);
  expect(files.filter((file) => excluded.test(file))).toEqual([]);
  const megabytes = (await sizeOf(files)) / 1e6;
  console.log(`${name}: ${megabytes.toFixed(1)} MB unpacked, ${files.length} files`);
  expect(megabytes).toBeLessThan(maxMegabytes);
});

it('the bundle of the ingest function contains no inference', () => {
  expect(readFileSync(join(packed.ingest, 'index.mjs'), 'utf8')).not.toContain('InferenceSession');
});

describe('the packed entry points', () => {
  it('turn every event in events/ into rows', async () => {
    const cropsUrl = await aws.makeCropsQueue();
    const store = `s3://${await aws.makeBucket()}`;
    const environment = {
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT: aws.endpoint,
      CROPS_QUEUE_URL: cropsUrl,
      RESULTS: store,
      MODEL_MANIFEST: join(model, 'manifest.json'),
      MODEL: model,
      TRANSPORT: 'inline',
    };
    const [ingest, classify] = [asTask('ingest'), asTask('classify')];
    const outcomes: Record<string, unknown> = {};
    for (const name of readdirSync(events).filter((file) => file.endsWith('.json'))) {
      const { event, handler } = await readCapturedEvent(join(events, name));
      const { answer, lines } = await invokeFunction(handler === 'ingest' ? ingest : classify, environment, event);
      const batch = lines.find(({ message }) => message === 'batch');
      outcomes[name] = { ...outcomesOf(batch), returned: failuresSchema.parse(answer).batchItemFailures.length };
    }
    expect(outcomes).toEqual({
      'crops.json': { failures: { invalid_crop: 1 }, returned: 0 },
      'malformed.json': { returned: 3 },
      's3-deleted.json': { outcomes: { deleted: 1 }, returned: 0 },
      's3-notification.json': { outcomes: { sent: 1 }, returned: 0 },
      's3-put-eventbridge.json': { outcomes: { sent: 1 }, returned: 0 },
      's3-put-odd-keys.json': { outcomes: { sent: 5 }, returned: 0 },
      's3-put-several-records.json': { outcomes: { sent: 2 }, returned: 0 },
      's3-put-sns.json': { outcomes: { sent: 1 }, returned: 0 },
      's3-put-versioned.json': { outcomes: { sent: 1 }, returned: 0 },
      's3-put.json': { outcomes: { sent: 1 }, returned: 0 },
      's3-test-event.json': { returned: 0 },
      'submission.json': { outcomes: { sent: 1 }, returned: 0 },
    });

    const { lines } = await invokeFunction(classify, environment, { Records: await receiveRecords(aws.sqs, cropsUrl) });
    expect(lines.find(({ message }) => message === 'batch')).toMatchObject({ messages: 13, classified: 13 });
    const sql = "select status, count(*) as rows from results where model like 'tiny%' group by status order by status";
    const results = ['results', '--store', store, '--endpoint', aws.endpoint, '--json', '--sql', sql];
    expect(jsonLines((await inceptionBatch(results)).stdout)).toEqual([
      { status: 'classified', rows: 13 },
      { status: 'rejected', rows: 1 },
    ]);
  });
});

it('the packed jobs function marks a job that new parts complete', async () => {
  const bucket = await aws.makeBucket();
  const store = new S3Store(aws.s3);
  const folder = temporaryFolder();
  const list = await writeList(folder, 'photos', [{ key: 'a.jpg' }, { key: 'b.jpg' }]);
  await store.write({ bucket, key: relative(folder, list) }, await readFile(list));
  const rows = new ResultsStore(store, { bucket, prefix: '' });
  const environment = {
    ...{ AWS_REGION: 'us-east-1', AWS_ENDPOINT: aws.endpoint, RESULTS: `s3://${bucket}` },
    WORK_FOLDER: temporaryFolder(),
  };
  const event = sqsEvent({ Records: [] });
  const checks: unknown[] = [];
  const entry = asTask('jobs');
  for (const key of ['a.jpg', 'b.jpg']) {
    await rows.append([classifiedRow(key, { job: 'photos' })]);
    const { answer, lines } = await invokeFunction(entry, environment, event);
    expect(answer).toEqual({ batchItemFailures: [] });
    checks.push(lines.find(({ message }) => message === 'checked jobs'));
  }
  expect(checks).toMatchObject([
    { parts: 1, completed: 0, open: 1, pending: 1 },
    { parts: 1, completed: 1, open: 0, pending: 0 },
  ]);
  const { bytes } = await store.read({ bucket, key: 'jobs/photos/summary.json' }, { maxBytes: 1e6 });
  expect(jobSummarySchema.parse(JSON.parse(Buffer.from(bytes).toString()))).toMatchObject({ total: 2, classified: 2 });
  await expect(store.read({ bucket, key: 'jobs/photos/_SUCCESS' }, { maxBytes: 0 })).resolves.toBeDefined();
});

const failuresSchema = z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })) });

/** The counts in the log line of a batch that are not empty. */
function outcomesOf({ outcomes, failures }: Record<string, unknown> = {}): Record<string, unknown> {
  const all = Object.entries({ outcomes, failures });
  return Object.fromEntries(all.filter(([, counts]) => counts && Object.keys(counts).length > 0));
}

/** The entry point in a folder like `/var/task`, next to this machine's packages. */
function asTask(name: Name): string {
  const task = join(folder, 'task', name);
  mkdirSync(task, { recursive: true });
  for (const file of readdirSync(packed[name]).filter((file) => file.endsWith('.mjs'))) {
    copyFileSync(join(packed[name], file), join(task, file));
  }
  symlinkSync(join(repository, 'node_modules'), join(task, 'node_modules'));
  return join(task, 'index.mjs');
}

/** The asset whose bundle contains the function's entry point. */
async function assetOf(output: string, name: Name): Promise<string> {
  const assets = (await readdir(output)).filter((name) => name.startsWith('asset.')).map((name) => join(output, name));
  for (const asset of assets) {
    const bundle = await readFile(join(asset, 'index.mjs'), 'utf8').catch(() => '');
    if (bundle.includes(`// lambdas/${name}/index.ts`)) return asset;
  }
  throw new Error(`no asset contains the ${name} function`);
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

async function sizeOf(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The architecture at byte 18 of an ELF header. */
const arm64 = 183;
function machineOf(file: string): number {
  const header = readFileSync(file).subarray(0, 20);
  return header.subarray(0, 4).toString('latin1') === '\x7fELF' ? header.readUInt16LE(18) : Number.NaN;
}

import { join } from 'node:path';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lookAt } from '../../cli/status/look.ts';
import { completeJobs } from '../../jobs/complete-jobs.ts';
import { classifyEnvironment } from '../../lambdas/classify/config.ts';
import { classifyHandler } from '../../lambdas/classify/handler.ts';
import { openClassifyPorts } from '../../lambdas/classify/open-ports.ts';
import { ingestEnvironment } from '../../lambdas/ingest/config.ts';
import { ingestHandler } from '../../lambdas/ingest/handler.ts';
import { openIngestPorts } from '../../lambdas/ingest/open-ports.ts';
import { S3Store } from '../../shared/aws/s3-store.ts';
import { readEnvironment } from '../../shared/environment.ts';
import { jobMarkerKey, jobSummaryKey } from '../../shared/keys.ts';
import type { BatchResponse } from '../../shared/sqs-event.ts';
import { inceptionBatch, jsonLines } from '../support/cli.ts';
import { type Fauxqs, startFauxqs } from '../support/fauxqs.ts';
import { picture } from '../support/photos.ts';
import { runFunction } from '../support/run-function.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

// When a job is complete, told in order: every step builds on the one before. S3 and SQS are a process of their own,
// commands too; the functions are the deployed handlers, given what waits in their queues.
const folder = temporaryFolder();
const model = join(folder, 'model');
const cache = { XDG_CACHE_HOME: join(folder, 'cache') };
let aws: Fauxqs;
let archive: string;
let results: string;
let uploads: string;
let crops: string;
let ingest: (event: unknown) => Promise<BatchResponse>;
let classify: (event: unknown) => Promise<BatchResponse>;

beforeAll(async () => {
  Object.assign(process.env, cache);
  aws = await startFauxqs();
  await writeTinyModel(model);
  [archive, results] = [await aws.makeBucket(), await aws.makeBucket()];
  uploads = await aws.makeQueue({ maxReceiveCount: 3, deadLetterUrl: await aws.makeQueue() });
  crops = await aws.makeQueue({ maxReceiveCount: 3, deadLetterUrl: await aws.makeQueue() });
  for (let number = 0; number < 8; number += 1) await put(`photos/${number}.jpg`, await jpeg(number));
  await put('photos/note.jpg', Buffer.from('no picture'));
  await put('photos/drafts/9.jpg', await jpeg(9));
  const environment = {
    CROPS_QUEUE_URL: crops,
    RESULTS: `s3://${results}`,
    AWS_ENDPOINT: aws.endpoint,
    MODEL_MANIFEST: join(model, 'manifest.json'),
    MODEL: model,
    THREADS: '1',
  };
  ingest = ingestHandler(await openIngestPorts(readEnvironment(ingestEnvironment, environment)));
  classify = classifyHandler(await openClassifyPorts(readEnvironment(classifyEnvironment, environment)));
});
afterAll(() => aws.stop());

function jpeg(number: number): Promise<Buffer> {
  return picture(number).jpeg().toBuffer();
}

async function put(Key: string, Body: Uint8Array): Promise<void> {
  await aws.s3.send(new PutObjectCommand({ Bucket: archive, Key, Body }));
}

/** Runs a command that prints JSON on the deployment's store. */
async function command(...args: string[]) {
  const place = ['--store', `s3://${results}`, '--endpoint', aws.endpoint, '--json'];
  const { code, stdout, stderr } = await inceptionBatch([...args, ...place], cache);
  expect(stderr).toBe('');
  return { code, lines: jsonLines(stdout) };
}

function submit(...args: string[]) {
  const given = ['--model', model, '--job', 'summer', '--exclude', 'drafts/**', ...args];
  return command('submit', `s3://${archive}/photos/`, ...given);
}

async function objectsIn(prefix: string): Promise<string[]> {
  const listed = await Array.fromAsync(new S3Store(aws.s3).list(results, prefix));
  return listed.map(({ key }) => key);
}

/** What the function does that new parts wake. */
function look() {
  const store = new S3Store(aws.s3);
  const place = { bucket: results, prefix: '' };
  const source = { kind: 'remote', store, ...place, cacheFolder: join(folder, 'parts') } as const;
  return completeJobs({ source, store, place, now: () => new Date() });
}

/** Where the job stands, as `status` would say. */
async function standing() {
  const options = { store: `s3://${results}`, endpoint: aws.endpoint, job: 'summer' };
  const { total, pending, counts } = await lookAt(options);
  return { total, pending, classified: counts.classified, rejected: counts.rejected };
}

async function summary(): Promise<unknown> {
  const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket: results, Key: jobSummaryKey('summer') }));
  return JSON.parse((await Body?.transformToString()) ?? '');
}

describe('a job that is submitted', () => {
  it('is sent, each image once, with a list of them in the store', async () => {
    const { code, lines } = await submit('--queue', uploads);
    expect(code).toBe(0);
    expect(lines).toMatchObject([{ wanted: 9, submitted: 9, refused: 0 }]);
    expect(await objectsIn('jobs/')).toHaveLength(1);
  });

  it('is accounted for at every moment', async () => {
    await aws.s3.send(new DeleteObjectCommand({ Bucket: archive, Key: 'photos/3.jpg' }));
    await put('photos/4.jpg', await jpeg(44));
    const seen = [await standing()];
    const completed = [(await look()).completed.length];
    for (let rest = true; rest; ) {
      rest = (await runFunction(aws, uploads, ingest, 1)) + (await runFunction(aws, crops, classify, 1)) > 0;
      seen.push(await standing());
      completed.push((await look()).completed.length);
    }
    for (const { total, pending, classified, rejected } of seen) {
      expect(classified + rejected + Number(pending)).toBe(total);
    }
    expect(seen[0]).toEqual({ total: 9, pending: 9, classified: 0, rejected: 0 });
    expect(seen.at(-1)).toEqual({ total: 9, pending: 0, classified: 7, rejected: 2 });
    const pending = seen.map((moment) => Number(moment.pending));
    expect(pending).toEqual(pending.toSorted((a, b) => b - a));
    expect(new Set(pending).size).toBeGreaterThan(2);
    expect(completed.filter((jobs) => jobs > 0)).toEqual([1]);
  });

  it('says when it is complete, and what became of it', async () => {
    expect(await objectsIn('jobs/')).toContain(jobMarkerKey('summer'));
    expect(await summary()).toMatchObject({
      ...{ job: 'summer', total: 9, classified: 7, rejected: 2, deleted: 0 },
      reasons: { not_an_image: 1, object_gone: 1 },
    });
  });

  it('brings its summary up to date when images are tried again, whoever looked meanwhile', async () => {
    await put('photos/3.jpg', await jpeg(3));
    const retried = await command('failures', 'retry', '--job', 'summer', '--queue', uploads);
    expect(retried).toMatchObject({ code: 0, lines: [{ submitted: 1, reasons: { object_gone: 1 } }] });
    // A part of another job comes meanwhile: the image that is tried again still counts as rejected.
    await look();
    expect(await runFunction(aws, uploads, ingest)).toBe(1);
    expect(await runFunction(aws, crops, classify)).toBe(1);
    await look();
    expect(await objectsIn('jobs/')).toContain(jobMarkerKey('summer'));
    expect(await summary()).toMatchObject({ total: 9, classified: 8, rejected: 1, reasons: { not_an_image: 1 } });
  });

  it('is open again when it gets more images, until these are done too', async () => {
    await put('photos/late.jpg', await jpeg(10));
    expect((await submit('--queue', uploads)).lines).toMatchObject([{ done: 9, wanted: 1, submitted: 1 }]);
    expect(await objectsIn('jobs/')).not.toContain(jobMarkerKey('summer'));
    expect(await look()).toMatchObject({ completed: [], open: 1, pending: 1 });
    expect(await standing()).toEqual({ total: 10, pending: 1, classified: 8, rejected: 1 });
    await runFunction(aws, uploads, ingest);
    await runFunction(aws, crops, classify);
    expect(await look()).toMatchObject({ completed: [{ total: 10, lists: 2 }], open: 0, pending: 0 });
    expect(await objectsIn('jobs/')).toContain(jobMarkerKey('summer'));
    expect(await look()).toMatchObject({ completed: [], open: 0 });
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { jobSummarySchema } from '../../shared/jobs/job-summary.ts';
import { ResultsStore } from '../../shared/rows/results-store.ts';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { jsonLines, repository } from '../support/cli.ts';
import { writeList } from '../support/job-lists.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { writePhotos } from '../support/photos.ts';
import { classifiedRow, rejectedRow } from '../support/result-rows.ts';
import { failureOf, runCommand } from '../support/run-command.ts';
import { startAws } from '../support/start-aws.ts';
import { appendTo } from '../support/stores.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const store = join(folder, 'store');
const aws = await startAws();
const model = await makeTinyModel();

const statusSchema = z.object({
  job: z.string().optional(),
  images: z.number(),
  total: z.number().nullable(),
  counts: z.object({
    classified: z.number(),
    rejected: z.number(),
    deleted: z.number(),
    reasons: z.array(z.unknown()),
  }),
  pending: z.number().nullable(),
  jobs: z.array(z.looseObject({ job: z.string() })),
  queues: z.array(z.unknown()),
  stopped: z.array(z.object({ job: z.string(), source: z.string() })),
  first: z.string(),
  last: z.string(),
  seconds: z.number(),
  imagesPerSecond: z.number().nullable(),
  bytes: z.number(),
  providers: z.array(z.object({ provider: z.string(), images: z.number() })),
  usage: z.object({
    unbilled: z.number(),
    estimates: z.array(
      z.object({
        job: z.object({ images: z.number(), bytes: z.number(), worker: z.object({ kind: z.string() }) }),
        dollars: z.number(),
        assumptions: z.array(z.object({ from: z.string() })),
      }),
    ),
  }),
});

async function status(...args: string[]): Promise<z.output<typeof statusSchema>> {
  const { code, stdout, stderr } = await runCommand(['status', ...args, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return statusSchema.parse(JSON.parse(stdout));
}

describe('status after a run over a folder', () => {
  const drop = join(folder, 'drop');
  beforeAll(async () => {
    await writePhotos(drop, 5);
    await writeFile(join(drop, 'note.jpg'), 'no picture');
    expect((await runCommand(['run', drop, '--model', model, '--store', store])).code).toBe(0);
  });

  it('counts images by outcome, and reports that AWS billed nothing', async () => {
    const printed = await status('--store', store);
    const { providers, usage, seconds, imagesPerSecond, first, last } = printed;
    expect(printed).toMatchObject({
      images: 6,
      counts: { classified: 5, rejected: 1, deleted: 0, reasons: [{ reason: 'not_an_image', count: 1 }] },
      ...{ total: 6, pending: 0, stopped: [], jobs: [{ job: 'drop', images: 6, total: 6 }] },
    });
    expect(providers).toEqual([{ provider: 'cpu', images: 5 }]);
    expect(usage).toEqual({ unbilled: 6, estimates: [] });
    expect(seconds).toBe((Date.parse(last) - Date.parse(first)) / 1000);
    if (seconds > 0) expect(imagesPerSecond).toBeCloseTo(6 / seconds, 1);
    else expect(imagesPerSecond).toBeNull();

    const { stdout } = await runCommand(['status', '--store', store]);
    expect(stdout).toMatch(/│ classified │ +│ +5 │\n│ rejected +│ not_an_image │ +1 │/);
    expect(stdout).toContain('which AWS does not bill');
    expect(stdout).toContain('6/6 images (100.0 %), 1 rejected, 0 pending');
  });

  it('names the existing jobs if another one is given', async () => {
    expect((await status('--store', store, '--job', 'drop')).images).toBe(6);
    const line = await failureOf(['status', '--store', store, '--job', 'photos']);
    expect(line).toBe(`no job photos in ${store}; its jobs are drop`);
  });

  it('explains in one line that there are no results', async () => {
    const none = join(folder, 'none');
    expect(await failureOf(['status', '--store', none])).toBe(
      `no results in ${none}: the folder does not exist (did you mean ${store}?); "npx inception-batch run ./photos --store ${none}" creates it`,
    );
  });
});

describe('status of results in a bucket', () => {
  it('estimates usage from the rows, without counting relabeled rows', async () => {
    const bucket = await aws.makeBucket();
    const rows = Array.from({ length: 41 }, (_, index) =>
      classifiedRow(`${index}.jpg`, { provider: 'cuda', classified_at: new Date('2026-03-01T10:00:21.250Z') }),
    );
    const rejected = rejectedRow('x.jpg', { bytes: 20_000 });
    const relabeled = { model: 'own@0123456789ab', provider: 'cpu', classified_at: new Date('2026-03-02T10:00:00Z') };
    const others = [
      ...rows.slice(0, 5).map((row) => ({ ...row, ...relabeled })),
      { ...rejected, model: 'own@0123456789ab' },
    ];
    await new ResultsStore(new S3Store(aws.s3), { bucket, prefix: 'out' }).append([...rows, rejected, ...others]);
    const args = ['--store', `s3://${bucket}/out`, '--endpoint', aws.endpoint];
    const { images, seconds, imagesPerSecond, bytes, usage } = await status(...args);
    expect({ images, seconds, imagesPerSecond, bytes }).toEqual({
      images: 42,
      seconds: 20,
      imagesPerSecond: 2.1,
      bytes: 41 * 109_527 + 20_000,
    });
    expect(usage.unbilled).toBe(0);
    expect(usage.estimates).toMatchObject([{ job: { images: 42, bytes: bytes / 42, worker: { kind: 'gpu' } } }]);
    expect(usage.estimates[0]?.dollars).toBeGreaterThan(0);

    const { stdout } = await runCommand(['status', ...args]);
    expect(stdout).toContain('42 images, 4.5 MB read, classified by cuda (41)\n');
    const { preprocess } = rejected;
    expect(stdout).toContain(`googlenet@0123456789ab/${preprocess} has 42 images, 1 rejected\n`);
    expect(stdout).toContain(`own@0123456789ab/${preprocess} has 6 images, 1 rejected\n`);
    expect(stdout).toContain('Estimated usage at list prices: 42 images of ');
    expect(stdout).toContain('assumed, not measured');
  });
});

describe('a run', () => {
  it('marks its job as complete, and does not process its own store among the images', async () => {
    const drop = join(folder, 'with-store');
    await writePhotos(drop, 2);
    const args = ['run', drop, '--model', model, '--store', join(drop, 'store')];
    const marked = join(drop, 'store/jobs/with-store');
    const speeds = new Set<unknown>();
    for (const done of [0, 2]) {
      const { code, stdout } = await runCommand([...args, '--json']);
      expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, total: 2, done, pending: 0 });
      expect((await readdir(marked)).toSorted()).toEqual(['_SUCCESS', 'run.json', 'source.json', 'summary.json']);
      const summary = jobSummarySchema.parse(JSON.parse(await readFile(join(marked, 'summary.json'), 'utf8')));
      expect(summary).toMatchObject({ job: 'with-store', total: 2, classified: 2, rejected: 0, usage: null, lists: 0 });
      speeds.add(summary.images_per_second);
    }
    // The second run, which does nothing, keeps the speed of the first.
    expect([...speeds]).toEqual([expect.any(Number)]);
    expect(speeds).not.toContain(0);
  });
});

describe('status of submitted jobs', () => {
  let path: string;
  beforeAll(async () => {
    path = join(folder, 'submitted');
    await writeList(path, 'photos', [{ key: 'a' }, { key: 'b' }, { key: 'c' }]);
    await appendTo(path, [[classifiedRow('a', { job: 'photos' }), rejectedRow('b', { job: 'photos' })]]);
    await appendTo(path, [[classifiedRow('x', { job: 'dropped' })]]);
  });

  it('shows pending images, of one job and in a table of all jobs', async () => {
    const photos = { total: 3, counts: { classified: 1, rejected: 1, deleted: 0 }, pending: 1 };
    expect(await status('--store', path, '--job', 'photos')).toMatchObject({ ...photos, images: 2 });
    expect(await status('--store', path)).toMatchObject({
      ...{ total: null, pending: null, images: 3 },
      jobs: [
        { job: 'dropped', total: null, pending: null },
        { job: 'photos', ...photos },
      ],
    });
    const { stdout } = await runCommand(['status', '--store', path]);
    expect(stdout).toMatch(
      /^job +total +classified +rejected +pending .*\n.*\ndropped +\? +1 +0 +\? .*\nphotos +3 +1 +1 +1 /,
    );
    const table = stdout.slice(0, stdout.indexOf('\n┌'));
    for (const line of table.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    expect(stdout).toContain('1 of 2 jobs have no image list, ');
  });

  it('--watch ends when nothing is pending, with a line per change', async () => {
    const watching = runCommand(['status', '--store', path, '--job', 'photos', '--watch', '--json']);
    await appendTo(path, [[classifiedRow('c', { job: 'photos', classified_at: new Date() })]]);
    const { code, stdout } = await watching;
    expect(code).toBe(0);
    expect(jsonLines(stdout).at(-1)).toMatchObject({ total: 3, pending: 0, secondsLeft: 0 });
    const piped = await runCommand(['status', '--store', path, '--job', 'photos', '--watch']);
    expect(piped).toEqual({ code: 0, stdout: '3/3 images (100.0 %), 1 rejected, 0 pending\n', stderr: '' });
  });

  it('--watch without a total continues until it is interrupted, with exit code 130', async () => {
    const args = ['status', '--store', path, '--job', 'dropped', '--watch'];
    const child = spawn(process.execPath, [join(repository, 'cli/inception-batch.js'), ...args]);
    const [line] = await once(child.stdout, 'data');
    expect(String(line)).toBe('1/? images, no progress in the last five minutes\n');
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([130, null]);
  });
});

describe('status of the images of a location', () => {
  it('counts images without a row or overwritten later as pending, and the messages of queues', async () => {
    const bucket = await aws.makeBucket();
    const queue = await aws.makeQueue();
    const objects = new S3Store(aws.s3);
    for (const key of ['in/a', 'in/b', 'in/c', 'out']) await objects.write({ bucket, key }, Buffer.from(key));
    const etags = new Map((await Array.fromAsync(objects.list(bucket, 'in/'))).map(({ key, etag }) => [key, etag]));
    const row = (key: string, etag = etags.get(key) ?? '') =>
      classifiedRow(key, { bucket, etag, image_id: `${bucket}/${key}@${etag}` });
    await new ResultsStore(objects, { bucket, prefix: 'store' }).append([row('in/a'), row('in/b', 'older')]);
    await aws.sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: '{}' }));
    const args = ['--store', `s3://${bucket}/store`, '--endpoint', aws.endpoint, '--queue', queue];
    const { code, stdout } = await runCommand(['status', ...args, '--images', `s3://${bucket}/in/`]);
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(/│ pending +│ +│ +2 │/);
    expect(stdout).toContain('1/3 images (33.3 %), 2 pending, no progress in the last five minutes\n');
    expect(stdout).toMatch(/^queue-.*: 1 waiting, 0 in flight$/m);
  });
});

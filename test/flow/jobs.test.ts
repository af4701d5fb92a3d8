import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { completeJobs } from '../../jobs/progress/complete-jobs.ts';
import { jobProgress } from '../../jobs/progress/job-progress.ts';
import { listJobObjects } from '../../jobs/progress/list-job-objects.ts';
import { readSummary } from '../../jobs/progress/mark-job.ts';
import { ingestEnvironment } from '../../lambdas/ingest/config.ts';
import { ingestHandler } from '../../lambdas/ingest/handler.ts';
import { openIngestPorts } from '../../lambdas/ingest/open-ports.ts';
import { openResults } from '../../results/open/open-results.ts';
import { readEnvironment } from '../../shared/deployment/environment.ts';
import type { BatchResponse } from '../../shared/events/sqs-event.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { SqsQueue } from '../../shared/stores/aws/sqs-queue.ts';
import { textCodec } from '../../shared/stores/codec.ts';
import type { ObjectAddress } from '../../shared/stores/ports.ts';
import { jsonLines } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { writePhotos } from '../support/photos.ts';
import { runCommand } from '../support/run-command.ts';
import { sqsRecord } from '../support/sqs-event.ts';
import { startAws } from '../support/start-aws.ts';
import { startWorker } from '../support/start-worker.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const model = await makeTinyModel();
const photos = join(folder, 'photos');
const cacheFolder = join(folder, 'cache');
const progressSchema = z.object({
  total: z.number(),
  pending: z.number(),
  counts: z.object({ classified: z.number(), rejected: z.number(), deleted: z.number() }),
});
const names = await writePhotos(photos, 10);
const aws = await startAws();
const [archive, results] = [await aws.makeBucket(), await aws.makeBucket()];
const [uploadsDead, cropsDead] = [await aws.makeQueue(), await aws.makeQueue()];
const uploads = await aws.makeQueue({ maxReceiveCount: 2, deadLetterUrl: uploadsDead });
const crops = await aws.makeQueue({ maxReceiveCount: 3, deadLetterUrl: cropsDead });
for (const name of names) await put(name);
await aws.put(archive, '2019/note.jpg', 'no picture');

/** Key of an object that cannot be read at the moment. */
let withheld: string | undefined;

async function put(name: string): Promise<void> {
  await aws.put(archive, `2019/${name}`, await readFile(join(photos, name)));
}

async function cli(...args: string[]) {
  const store = ['--store', `s3://${results}`, '--endpoint', aws.endpoint, '--json'];
  const { code, stdout, stderr } = await runCommand([...args, ...store]);
  expect(stderr).toBe('');
  return { code, output: jsonLines(stdout) };
}

function location() {
  const store = new S3Store(aws.s3);
  return { store, source: { kind: 'remote', store, bucket: results, prefix: '', cacheFolder } } as const;
}

/** Progress of the job; its counts must add up at any time. */
async function counts() {
  const { store, source } = location();
  // As the jobs function does for new parts.
  await completeJobs({ source, store, location: source, now: () => new Date() });
  const opened = await openResults(source, { embeddings: false });
  try {
    const objects = (await listJobObjects(source)).find(({ job }) => job === '2019');
    const lists = objects?.lists ?? [];
    const [progress] = await jobProgress(opened, { expected: { lists }, job: '2019', since: new Date(0) });
    const { total, classified = 0, rejected = 0, deleted = 0, pending = 0 } = progress ?? {};
    expect(classified + rejected + deleted + (pending ?? 0)).toBe(total);
    return { total, classified, rejected, pending };
  } finally {
    await opened.close();
  }
}

/** Starts the ingest handler on the uploads queue, and a worker. */
async function startPipeline(): Promise<void> {
  const environment = {
    ...{ CROPS_QUEUE_URL: crops, RESULTS: `s3://${results}`, AWS_ENDPOINT: aws.endpoint, MAX_ATTEMPTS: '2' },
    MODEL_MANIFEST: join(model, 'manifest.json'),
  };
  const ports = await openIngestPorts(readEnvironment(ingestEnvironment, environment));
  const objects = Object.create(ports.objects, {
    read: {
      value: async (address: ObjectAddress, options: { maxBytes: number }) => {
        if (address.key === withheld) throw new Failure('timeout', 'storage does not answer');
        return ports.objects.read(address, options);
      },
    },
  });
  const stop = new AbortController();
  const polling = pollFor(uploads, ingestHandler({ ...ports, objects }), stop.signal);
  const worker = startWorker({ ...environment, MODEL: model, ACCELERATOR: 'cpu', PART_AGE_MS: '50' });
  onTestFinished(async () => {
    stop.abort();
    await worker.stop();
    await polling;
  });
}

/**
 * Polls a queue for a function as AWS does: passes batches on, deletes messages that succeeded and returns failed ones to
 * the queue.
 * @returns resolves after it was stopped; rejects if the function throws
 */
async function pollFor(
  url: string,
  handler: (event: unknown) => Promise<BatchResponse>,
  stop: AbortSignal,
): Promise<void> {
  const queue = await SqsQueue.open(aws.sqs, url, textCodec);
  while (!stop.aborted) {
    const messages = await queue.receive({ max: 10, waitSeconds: 1, signal: stop });
    if (messages.length === 0) continue;
    const Records = messages.map(({ messageId, attempt, body }) => sqsRecord(body, { messageId, attempt }));
    const { batchItemFailures } = await handler({ Records });
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    const [failedReceipts, doneReceipts] = [true, false].map((isFailed) =>
      messages.filter(({ messageId }) => failed.has(messageId) === isFailed).map(({ receipt }) => receipt),
    );
    await queue.acknowledge(doneReceipts ?? []);
    await queue.setVisibility(failedReceipts ?? [], 0);
  }
}

/** Summary of the job, which is written when the job is complete. */
async function summary() {
  const { store, source } = location();
  const isMarked = (await listJobObjects(source)).some((each) => each.job === '2019' && each.isMarked);
  return isMarked ? readSummary(store, source, '2019') : undefined;
}

describe('a job on existing images of a bucket', () => {
  it('is estimated, submitted, watched, and completed after failed images are repaired and retried', async () => {
    const from = ['submit', `s3://${archive}/2019/`, '--model', model];

    // A dry run estimates the cost and sends nothing.
    const priced = await cli(...from, '--dry-run');
    expect(priced).toMatchObject({ code: 0, output: [{ job: '2019', wanted: 11, dryRun: true }] });
    expect(await aws.depth(uploads)).toEqual({ visible: 0, inFlight: 0 });

    // All images are submitted, and the total is known before anything runs.
    expect(await cli(...from, '--queue', uploads)).toMatchObject({ code: 0, output: [{ submitted: 11, refused: 0 }] });
    expect(await counts()).toEqual({ total: 11, classified: 0, rejected: 0, pending: 11 });
    expect(await summary()).toBeUndefined();
    const watched = cli('status', '--job', '2019', '--watch');

    // Meanwhile one photo is removed, and another cannot be read.
    const [moved = '', slow = ''] = names;
    await aws.s3.send(new DeleteObjectCommand({ Bucket: archive, Key: `2019/${moved}` }));
    withheld = `2019/${slow}`;
    await startPipeline();
    const allAccounted = async () => {
      expect((await counts()).pending).toBe(0);
      expect(await summary()).toMatchObject({ classified: 8, rejected: 3 });
    };
    await eventually(allAccounted, { interval: 100 });
    expect(await counts()).toEqual({ total: 11, classified: 8, rejected: 3, pending: 0 });

    // The watched counts always added up, and the last line has the final counts.
    const { code, output } = await watched;
    expect(code).toBe(0);
    for (const line of output) {
      const { total, pending, counts } = progressSchema.parse(line);
      expect(counts.classified + counts.rejected + counts.deleted + pending).toBe(total);
    }
    expect(output.at(-1)).toMatchObject({ total: 11, pending: 0, counts: { classified: 8, rejected: 3 } });

    // The list of failures shows which are retryable, and that one of them is a dead letter.
    const isDead = async () => expect((await aws.depth(uploadsDead)).visible).toBe(1);
    await eventually(isDead);
    const dead = ['--dead-letters', uploadsDead, '--dead-letters', cropsDead];
    const { output: failed } = await cli('failures', 'ls', '--job', '2019', ...dead);
    expect(failed).toContainEqual(expect.objectContaining({ kind: 'reason', reason: 'object_gone', retryable: true }));
    expect(failed).toContainEqual(
      expect.objectContaining({ kind: 'reason', reason: 'not_an_image', retryable: false }),
    );
    expect(failed).toContainEqual(
      expect.objectContaining({ kind: 'dead_letters', reasons: [{ reason: 'timeout', letters: 1 }] }),
    );

    // The photo is restored and the other is readable again: both are retried, the text file is not.
    await put(moved);
    withheld = undefined;
    const retry = ['failures', 'retry', '--job', '2019', '--queue', uploads, '--crops-queue', crops, ...dead];
    const retried = await cli(...retry);
    expect(retried).toMatchObject({ code: 0, output: [{ submitted: 1, redriven: 1, kept: 0, jobs: ['2019'] }] });
    const allClassified = async () => {
      expect(await counts()).toMatchObject({ classified: 10, rejected: 1 });
      expect(await summary()).toMatchObject({ total: 11, classified: 10, reasons: { not_an_image: 1 } });
    };
    await eventually(allClassified, { interval: 100 });

    // All queues are empty, and nothing is left to do.
    for (const url of [uploads, crops, uploadsDead, cropsDead]) {
      await aws.waitUntilEmpty(url);
    }
    expect(await cli(...retry)).toMatchObject({ code: 0, output: [{ submitted: 0, redriven: 0, kept: 0 }] });
    expect(await cli(...from, '--queue', uploads)).toMatchObject({ output: [{ done: 11, submitted: 0 }] });
    expect(await counts()).toEqual({ total: 11, classified: 10, rejected: 1, pending: 0 });
  });
});

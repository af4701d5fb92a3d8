import { once } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import { ResultsStore } from '../../shared/rows/results-store.ts';
import type { ResultRow } from '../../shared/rows/row.ts';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { SqsQueue } from '../../shared/stores/aws/sqs-queue.ts';
import { textCodec } from '../../shared/stores/codec.ts';
import { jobMarkerKey } from '../../shared/stores/keys.ts';
import { jsonLines, startInceptionBatch } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { crop, receiveAll, rejected, submittedKeys, upload } from '../support/failed-images.ts';
import { classifiedRow, rejectedRow } from '../support/result-rows.ts';
import { failureOf, runCommand } from '../support/run-command.ts';
import { startAws } from '../support/start-aws.ts';
import { storeOf } from '../support/stores.ts';

const aws = await startAws();
let bucket: string;
let uploads: string;
let crops: string;
let uploadsDead: string;
let cropsDead: string;

beforeEach(async () => {
  bucket = await aws.makeBucket();
  [uploadsDead, cropsDead] = await Promise.all([aws.makeQueue({ visibilitySeconds: 3 }), aws.makeQueue()]);
  uploads = await aws.makeQueue({ maxReceiveCount: 3, deadLetterUrl: uploadsDead });
  crops = await aws.makeQueue({ maxReceiveCount: 3, deadLetterUrl: cropsDead });
});

async function store(rows: readonly ResultRow[]): Promise<void> {
  await new ResultsStore(new S3Store(aws.s3), { bucket, prefix: 'nested' }).append(rows);
}

async function send(QueueUrl: string, ...bodies: string[]): Promise<void> {
  const queue = await SqsQueue.open(aws.sqs, QueueUrl, textCodec);
  expect(await queue.send(bodies)).toEqual([]);
}

async function failures(command: string, ...args: string[]) {
  return runCommand(['failures', command, ...location(), ...args]);
}

function location() {
  return ['--store', `s3://${bucket}/nested`, '--endpoint', aws.endpoint];
}

/** Starts a retry of dead letters as a process, which can be killed. */
function startRetry(deadLetters: string) {
  const retry = startInceptionBatch([
    ...['failures', 'retry', ...location()],
    ...['--queue', uploads, '--dead-letters', deadLetters],
  ]);
  return { exited: once(retry, 'exit'), kill: (signal: NodeJS.Signals) => retry.kill(signal) };
}

async function retry(...args: string[]) {
  const { code, stdout, stderr } = await failures('retry', '--queue', uploads, '--json', ...args);
  expect(stderr).toBe('');
  return { code, ...JSON.parse(stdout) };
}

describe('rejected images', () => {
  it('are submitted again to their job if the reason is retryable', async () => {
    await store([
      rejected('a.jpg', 'object_gone'),
      rejected('b.jpg', 'timeout'),
      rejected('c.jpg', 'too_large'),
      rejected('d.jpg', 'corrupt'),
      classifiedRow('e.jpg'),
    ]);
    const marker = `nested/${jobMarkerKey('test')}`;
    await aws.put(bucket, marker, '');

    expect(await retry('--dry-run')).toMatchObject({ code: 0, submitted: 3, jobs: ['test'] });
    expect(await receiveAll(aws.sqs, uploads)).toEqual([]);
    expect(await keysOf('nested/jobs/')).toEqual([marker]);

    const reasons = { object_gone: 1, timeout: 1, too_large: 1 };
    expect(await retry()).toMatchObject({ code: 0, submitted: 3, redriven: 0, reasons });
    expect(submittedKeys(await receiveAll(aws.sqs, uploads))).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
    expect(await keysOf('nested/jobs/')).toEqual([]);

    expect(await retry('--reason', 'corrupt', '--reason', 'timeout')).toMatchObject({ submitted: 2 });
    expect(submittedKeys(await receiveAll(aws.sqs, uploads))).toEqual(['b.jpg', 'd.jpg']);
  });

  it('of another job, or that cannot be submitted, are not sent', async () => {
    await store([
      rejected('a.jpg', 'timeout', { job: 'other' }),
      rejected('b.jpg', 'timeout'),
      rejected('c.jpg', 'timeout', { bucket: '/home/photos' }),
    ]);
    expect(await retry('--job', 'test')).toMatchObject({ code: 1, submitted: 1, left: 1, jobs: ['test'] });
    expect(submittedKeys(await receiveAll(aws.sqs, uploads))).toEqual(['b.jpg']);
  });
});

async function keysOf(prefix: string): Promise<string[]> {
  return (await Array.fromAsync(new S3Store(aws.s3).list(bucket, prefix))).map(({ key }) => key);
}

describe('dead letters of both queues', () => {
  const rows = [
    rejected('late.jpg', 'timeout'),
    rejected('crop-late.jpg', 'unavailable'),
    rejected('crop-gone.jpg', 'crops_gone'),
    rejected('twice.jpg', 'timeout'),
    rejected('bad.jpg', 'corrupt'),
    rejected('only-a-row.jpg', 'throttled'),
    classifiedRow('done.jpg', { etag: 'etag-of-done.jpg' }),
  ];
  beforeEach(async () => {
    await store(rows);
    await send(uploadsDead, upload('late.jpg'), upload('twice.jpg'), upload('bad.jpg'), upload('done.jpg'));
    await send(uploadsDead, upload('lost.jpg'), 'no event');
    await send(cropsDead, crop('crop-late.jpg'), crop('crop-gone.jpg'), crop('twice.jpg'), '{"tensor":1}');
  });
  const both = () => ['--dead-letters', uploadsDead, '--dead-letters', cropsDead];

  it('are sent back to their queues, each image once; the others are kept', async () => {
    expect(await retry(...both(), '--crops-queue', crops)).toMatchObject({
      ...{ code: 0, submitted: 2, redriven: 4, replaced: 2, kept: 4, unreadable: 2, refused: 0 },
      reasons: { timeout: 2, abandoned: 1, unavailable: 1, crops_gone: 1, throttled: 1 },
    });
    const sent = await receiveAll(aws.sqs, uploads);
    expect(submittedKeys(sent.filter((body) => body.includes('submission')))).toEqual([
      'crop-gone.jpg',
      'only-a-row.jpg',
    ]);
    expect(sent.filter((body) => body.includes('Records'))).toEqual([
      upload('late.jpg'),
      upload('lost.jpg'),
      upload('twice.jpg'),
    ]);
    expect(await receiveAll(aws.sqs, crops)).toEqual([crop('crop-late.jpg')]);
    expect(await receiveAll(aws.sqs, uploadsDead)).toEqual(['no event', upload('bad.jpg'), upload('done.jpg')]);
    expect(await receiveAll(aws.sqs, cropsDead)).toEqual(['{"tensor":1}']);
  });

  it('are counted by reason, and are all visible afterwards', async () => {
    const { code, stdout } = await failures('ls', '--json', ...both());
    expect(code).toBe(0);
    const lines = jsonLines(stdout);
    const [first, second] = lines.filter(({ kind }) => kind === 'dead_letters');
    expect(first).toMatchObject({
      reasons: [
        { reason: 'timeout', letters: 2 },
        { reason: 'abandoned', letters: 1 },
        { reason: 'corrupt', letters: 1 },
        { reason: 'invalid_event', letters: 1 },
      ],
      ...{ unreadable: 1, finished: 1, others: 0, more: false },
    });
    expect(second).toMatchObject({ unreadable: 1, others: 0 });
    expect(lines.filter(({ kind }) => kind === 'image')).toHaveLength(6);
    expect(await receiveAll(aws.sqs, uploadsDead)).toHaveLength(6);
    expect(await receiveAll(aws.sqs, cropsDead)).toHaveLength(4);
  });

  it('of images that were classified since are counted apart, and deleted only with --delete-finished', async () => {
    const overwritten = classifiedRow('overwritten.jpg', { etag: 'other' });
    const earlier = classifiedRow('earlier.jpg', {
      etag: 'etag-of-earlier.jpg',
      classified_at: new Date('2026-02-01T10:00:00.000Z'),
    });
    await store([overwritten, earlier]);
    await send(uploadsDead, upload('overwritten.jpg'), upload('earlier.jpg'));
    const { stdout } = await failures('ls', ...both());
    expect(stdout).toContain('1 of images that were classified since: nothing is lost');
    expect(stdout).toContain('2 others: their images were deleted or overwritten later');
    expect(await retry('--dead-letters', uploadsDead, '--reason', 'empty')).toMatchObject({ finished: 1, kept: 8 });
    const only = ['--dead-letters', uploadsDead, '--reason', 'empty', '--delete-finished'];
    expect(await retry(...only, '--dry-run')).toMatchObject({ finished: 1, kept: 7 });
    expect(await retry(...only)).toMatchObject({ code: 0, finished: 1, kept: 7 });
    const left = await receiveAll(aws.sqs, uploadsDead);
    expect(left).toHaveLength(7);
    expect(left).not.toContain(upload('done.jpg'));
  });

  it('of an image that another model rejected are not finished', async () => {
    const [a, b] = ['googlenet@aaaaaaaaaaaa', 'googlenet@bbbbbbbbbbbb'];
    const etag = 'etag-of-two-models.jpg';
    const byA = classifiedRow('two-models.jpg', { etag, model: a });
    await store([byA, rejected('two-models.jpg', 'abandoned', { model: b })]);
    await send(uploadsDead, upload('two-models.jpg'));
    const deletion = ['--dead-letters', uploadsDead, '--reason', 'empty', '--delete-finished'];
    expect(await retry(...deletion)).toMatchObject({ finished: 1, kept: 6 }); // done.jpg
    expect(await receiveAll(aws.sqs, uploadsDead)).toContain(upload('two-models.jpg'));

    await store([classifiedRow('two-models.jpg', { etag, model: b, classified_at: new Date('2026-03-01T11:00:00Z') })]);
    await send(uploadsDead, upload('two-models.jpg'));
    expect(await retry(...deletion)).toMatchObject({ finished: 1, kept: 0 });
  });

  it('that are unreadable are sent back only with --reason invalid_event', async () => {
    expect(await retry(...both(), '--reason', 'invalid_event')).toMatchObject({ submitted: 0, redriven: 1 });
    expect(await receiveAll(aws.sqs, uploads)).toEqual(['no event']);
    expect(await receiveAll(aws.sqs, uploadsDead)).toHaveLength(5);
  });
});

describe('a retry', () => {
  it('that is killed loses nothing: held messages become visible again', async () => {
    const keys = Array.from({ length: 120 }, (_, index) => `${index}.jpg`);
    const rows = keys.map((key, index) => rejected(key, index % 2 === 0 ? 'timeout' : 'corrupt'));
    await store(rows);
    await send(uploadsDead, ...keys.map((key) => upload(key)));
    const retry = startRetry(uploadsDead);
    const hasSent = async () => expect((await aws.depth(uploads)).visible).toBeGreaterThan(0);
    await eventually(hasSent, { interval: 5 });
    retry.kill('SIGKILL');
    expect(await retry.exited).toEqual([null, 'SIGKILL']);
    expect((await aws.depth(uploadsDead)).inFlight).toBeGreaterThan(0);
    const sentBack = await receiveAll(aws.sqs, uploads);
    const back: string[] = [];
    const isThere = async () => {
      back.push(...(await receiveAll(aws.sqs, uploadsDead)));
      expect(new Set([...sentBack, ...back])).toEqual(new Set(keys.map((key) => upload(key))));
    };
    await eventually(isThere);
    const corrupt = rows.filter(({ reason }) => reason === 'corrupt').map(({ key }) => upload(key));
    expect(back).toEqual(expect.arrayContaining(corrupt));
    expect(sentBack).not.toContain(corrupt[0]);
  });

  it('that is interrupted releases held messages at once', async () => {
    const keys = Array.from({ length: 400 }, (_, index) => `${index}.jpg`);
    await store(keys.map((key) => rejected(key, 'corrupt')));
    await send(cropsDead, ...keys.map((key) => upload(key)));
    const retry = startRetry(cropsDead);
    const isHeld = async () => expect((await aws.depth(cropsDead)).inFlight).toBeGreaterThan(0);
    await eventually(isHeld, { interval: 5 });
    retry.kill('SIGINT');
    expect(await retry.exited).toEqual([130, null]);
    expect(await aws.depth(cropsDead)).toEqual({ visible: 400, inFlight: 0 });
    expect(await receiveAll(aws.sqs, uploads)).toEqual([]);
  });

  it('explains in one line what it cannot do', async () => {
    await store([rejected('a.jpg', 'timeout')]);
    const onDisk = await storeOf([rejectedRow('a.jpg')]);
    const folderStore = await failureOf(['failures', 'retry', '--store', onDisk], 2);
    expect(folderStore).toMatch(/^give --queue .*inception-batch run/);
    const noDeadLetters = await failureOf(['failures', 'ls', ...location(), '--dead-letters', uploads]);
    expect(noDeadLetters).toContain('has a redrive policy: give its dead-letter queue');
    const queues = ['--queue', uploadsDead, '--dead-letters', uploadsDead];
    expect(await failureOf(['failures', 'retry', ...location(), ...queues], 2)).toContain('give two different queues');
  });
});

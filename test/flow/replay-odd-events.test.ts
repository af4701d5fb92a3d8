import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { runCommand } from '../support/run-command.ts';
import { s3Notification, s3Record, sqsEvent } from '../support/sqs-event.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const model = await makeTinyModel();
const objects = join(folder, 'objects');
const photo = await sharp({ create: { width: 40, height: 40, channels: 3, background: 'red' } })
  .jpeg()
  .toBuffer();
await mkdir(join(objects, 'drop'), { recursive: true });
for (const name of ['good1.jpg', 'good2.jpg', '..b.jpg']) await writeFile(join(objects, 'drop', name), photo);

const schema = z.object({
  failures: z.array(z.object({ messageId: z.string(), reason: z.string(), message: z.string() })),
  rows: z.array(z.looseObject({ key: z.string(), status: z.string() })),
  invalidRecords: z.array(z.object({ messageId: z.string(), problem: z.string() })),
  skipped: z.array(z.object({ reason: z.string(), name: z.string() })),
  leftOut: z.record(z.string(), z.int()),
});

let events = 0;
async function argsFor(event: unknown): Promise<string[]> {
  events += 1;
  const path = join(folder, `event-${events}.json`);
  await writeFile(path, JSON.stringify(event));
  return ['replay', path, '--model', model, '--store', join(folder, `store-${events}`)];
}

async function replay(event: unknown) {
  const { code, stdout } = await runCommand([...(await argsFor(event)), '--json']);
  const replayed = schema.parse(JSON.parse(stdout));
  return { ...replayed, code, rows: replayed.rows.map(({ key, status }) => `${key} ${status}`).toSorted() };
}

const record = (key: string, eventName = 'ObjectCreated:Put') => ({ ...s3Record('drop', key), eventName });
const classified = ['good1.jpg classified', 'good2.jpg classified'];

describe('replay of a notification with an invalid record', () => {
  const bad = s3Record('drop', '');
  bad.s3.object.key = 'bad%zz.jpg';
  const event = sqsEvent({ Records: [record('good1.jpg'), bad, record('good2.jpg')] });

  it('gives rows for the valid records and says what is wrong with the other one', async () => {
    const { code, rows, failures } = await replay(event);
    expect(rows).toEqual(classified);
    expect(failures).toEqual([
      {
        messageId: 'm1',
        reason: 'invalid_event',
        message: 'record 2 of 3: expected a form-encoded key, got "bad%zz.jpg"',
      },
    ]);
    expect(code).toBe(1);
  });
});

describe('replay of a notification with several invalid records', () => {
  const bad = ['bad%zz.jpg', '100%.jpg'].map((key) => {
    const invalid = s3Record('drop', '');
    invalid.s3.object.key = key;
    return invalid;
  });
  const problems = (...positions: string[]) =>
    ['bad%zz.jpg', '100%.jpg'].map((key, index) => `${positions[index]}: expected a form-encoded key, got "${key}"`);

  it.each([
    ['and a valid one', [record('good1.jpg'), ...bad], problems('record 2 of 3', 'record 3 of 3')],
    ['only', bad, problems('record 1 of 2', 'record 2 of 2')],
  ])('names each of them: %s', async (_name, Records, expected) => {
    const event = sqsEvent({ Records });
    const { code, invalidRecords, failures } = await replay(event);
    expect(invalidRecords).toEqual(expected.map((problem) => ({ messageId: 'm1', problem })));
    expect(failures).toMatchObject([{ message: expect.stringContaining('(and 1 more invalid)') }]);
    expect(code).toBe(1);
    const { stdout } = await runCommand(await argsFor(event));
    expect(stdout).toContain(`2 invalid records:\n${expected.map((problem) => `  m1: ${problem}\n`).join('')}`);
  });
});

describe('replay of a key that contains a backslash', () => {
  it('reads the object of exactly this key, whose escapes are text', async () => {
    const names = [String.raw`a\xff.jpg`, String.raw`b\x5c.jpg`];
    for (const name of names) await writeFile(join(objects, 'drop', name), photo);
    const { rows } = await replay(sqsEvent(s3Notification('drop', ...names)));
    expect(rows).toEqual(names.map((name) => `${name} classified`));
  });
});

describe('replay of events that arrive in another way', () => {
  const notification = s3Notification('drop', 'good1.jpg', 'good2.jpg');
  const eventBridge = (key: string) => ({
    source: 'aws.s3',
    'detail-type': 'Object Created',
    time: '2026-01-02T03:04:05Z',
    detail: { bucket: { name: 'drop' }, object: { key } },
  });
  const sns = { Type: 'Notification', TopicArn: 'arn:aws:sns:eu-west-1:1:t', Message: JSON.stringify(notification) };

  it.each([
    ['what SNS passes to a function', { Records: [{ EventSource: 'aws:sns', Sns: sns }] }],
    ['what SNS sends to a queue', sqsEvent(sns)],
    ['what SNS sends to a queue with raw delivery', sqsEvent(notification)],
    ['a list of EventBridge events', ['good1.jpg', 'good2.jpg'].map(eventBridge)],
    ['a list of EventBridge events in a queue', sqsEvent(['good1.jpg', 'good2.jpg'].map(eventBridge))],
    [
      'a notification of MinIO',
      {
        Records: ['good1.jpg', 'good2.jpg'].map((key) => ({
          ...record(key, 's3:ObjectCreated:Put'),
          eventSource: 'minio:s3',
        })),
      },
    ],
  ])('gives the rows of %s', async (_name, event) => {
    expect(await replay(event)).toMatchObject({ code: 0, rows: classified, failures: [], skipped: [] });
  });
});

describe('replay of keys with dot segments', () => {
  it('gives a row for each, and never reads outside the folder of the bucket', async () => {
    await writeFile(join(objects, 'up.jpg'), photo);
    const keys = ['a/../good1.jpg', './good1.jpg', '../up.jpg', 'z/..', '...', 'a/.../x.jpg', '..b.jpg'];
    const { rows, skipped } = await replay(sqsEvent(s3Notification('drop', ...keys)));
    expect(rows).toEqual(keys.map((key) => `${key} ${key === '..b.jpg' ? 'classified' : 'rejected'}`).toSorted());
    expect(skipped).toEqual([]);
  });
});

describe('replay of events that leave no row', () => {
  it('counts and names them by reason', async () => {
    const names = Array.from({ length: 7 }, (_, index) => `.hidden-${index}.jpg`);
    const other = ['ObjectTagging:Put', 's3:ObjectAccessed:Get'].map((name) => record('good1.jpg', name));
    const event = sqsEvent(
      { Records: [...names.map((name) => record(name)), ...other] },
      { Service: 'Amazon S3', Event: 's3:TestEvent' },
    );
    const { leftOut, skipped, rows } = await replay(event);
    expect(rows).toEqual([]);
    expect(leftOut).toEqual({ clutter: 7, other_event: 3 });
    expect(skipped).toEqual([
      ...names.map((name) => ({ reason: 'clutter', name })),
      ...['ObjectTagging:Put', 'ObjectAccessed:Get', 'TestEvent'].map((name) => ({ reason: 'other_event', name })),
    ]);
    const { stdout } = await runCommand(await argsFor(event));
    expect(stdout).toBe(
      `7 events skipped, a hidden name or an empty folder: ${names.slice(0, 5).join(', ')} and 2 more\n` +
        '3 events skipped, neither an upload nor a deletion: ObjectTagging:Put, ObjectAccessed:Get, TestEvent\n' +
        'ingest: 2 messages, 0 rows, 0 to be delivered again\n',
    );
  });

  it('escapes control characters in their names', async () => {
    const name = '.a\u001b[2J\u009b\u202e\u007f.jpg';
    const { stdout } = await runCommand(await argsFor(sqsEvent(s3Notification('drop', name))));
    expect(stdout).toContain(': .a\\u001b[2J\\u009b\\u202e\\u007f.jpg\n');
  });
});

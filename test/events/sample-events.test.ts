import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { MalformedEvent } from '../../shared/events/malformed-event.ts';
import { parseUploadEvents } from '../../shared/events/parse-upload-events.ts';
import { parseSqsEvent } from '../../shared/events/sqs-event.ts';
import type { UploadEvent } from '../../shared/events/upload-event.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';

const folder = fileURLToPath(new URL('../../events/', import.meta.url));
const objects = new FolderStore({ root: `${folder}objects` });

/** The events in each file. */
const expectedEvents: Readonly<Record<string, readonly string[]>> = {
  's3-notification.json': ['created cats/siamese.jpg'],
  's3-put.json': ['created cats/tabby.jpg'],
  's3-put-eventbridge.json': ['created dogs/beagle+pup 1.png'],
  's3-put-sns.json': ['created birds/heron.webp'],
  's3-put-odd-keys.json': [
    'created odd/two words.jpg',
    'created odd/one+one.jpg',
    'created odd/100% sure.png',
    'created odd/grün 日本.jpg',
    'created odd/fox 🦊.webp',
  ],
  's3-put-several-records.json': ['created several/one.jpg', 'created several/two.jpg'],
  's3-put-versioned.json': ['created versioned/leaf.jpg'],
  's3-deleted.json': ['deleted cats/gone.jpg'],
  's3-test-event.json': [],
  'submission.json': ['created archive/maple.jpg'],
};
const uploads = Object.keys(expectedEvents).flatMap((file) => eventsOf(file));

describe('the sample events', () => {
  it.each(Object.entries(expectedEvents))('%s contains the events of its name', (file, expected) => {
    expect(eventsOf(file).map(({ kind, key }) => `${kind} ${key}`)).toEqual(expected);
  });

  it('are all covered by these tests', () => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
    expect(files.toSorted()).toEqual([...Object.keys(expectedEvents), 'crops.json', 'malformed.json'].toSorted());
  });

  it('include malformed messages, which are all rejected', () => {
    const messages = parseSqsEvent(json('malformed.json'));
    expect(messages).toHaveLength(3);
    for (const { body } of messages) expect(() => parseUploadEvents(body)).toThrow(MalformedEvent);
  });

  it('have a version id only for a versioned bucket', () => {
    const versioned = uploads.filter(({ versionId }) => versionId !== undefined);
    expect(versioned.map(({ key }) => key)).toEqual(['versioned/leaf.jpg']);
  });

  it.each(Object.keys(expectedEvents).concat('malformed.json'))(
    '%s has the correct digests of its messages',
    (file) => {
      const schema = z.object({
        Records: z.array(z.object({ body: z.string().optional(), md5OfBody: z.string().optional() })),
      });
      for (const { body, md5OfBody } of schema.parse(json(file)).Records) {
        expect(md5OfBody).toBe(body === undefined ? undefined : md5(Buffer.from(body)));
      }
    },
  );
});

describe('the objects of the sample events', () => {
  it.each(uploads.filter(({ kind }) => kind === 'created'))(
    '$key is an image with the size and etag of its event',
    async (event) => {
      const { bytes } = await objects.read(event, { maxBytes: 4_096 });
      expect({ size: bytes.byteLength, etag: md5(bytes) }).toEqual({ size: event.size, etag: event.etag });
      expect(await sharp(bytes).metadata()).toMatchObject({ width: 64, height: 48 });
    },
  );

  it('are exactly those that the events name', async () => {
    const listed = await Array.fromAsync(objects.list('drop', ''));
    const named = uploads.filter(({ kind }) => kind === 'created').map(({ key }) => key);
    expect(listed.map(({ key }) => key).toSorted()).toEqual(named.toSorted());
  });

  it('are missing for deletion events', async () => {
    for (const event of uploads.filter(({ kind }) => kind === 'deleted')) {
      await expect(readFile(`${folder}objects/${event.bucket}/${event.key}`)).rejects.toThrow('ENOENT');
    }
  });
});

/** Parses a file: an SQS event of the ingest function, or a plain S3 notification. */
function eventsOf(file: string): UploadEvent[] {
  const event = json(file);
  if (file === 's3-notification.json') return [...parseUploadEvents(event).events];
  return parseSqsEvent(event).flatMap(({ body }) => parseUploadEvents(body).events);
}

function json(file: string): unknown {
  return JSON.parse(readFileSync(folder + file, 'utf8'));
}

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type IngestOutcome, ingest } from '../../../lambdas/ingest/ingest.ts';
import type { IngestPorts } from '../../../lambdas/ingest/ports.ts';
import type { CropMessage } from '../../../shared/crops/crop-message.ts';
import type { UploadEvent } from '../../../shared/events/upload-event.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { decodePool } from '../../../shared/images/decode/decode-pool.ts';
import { preprocessDigest } from '../../../shared/models/model-manifest.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import { MemoryQueue } from '../../../shared/stores/local/memory-queue.ts';
import type { Delivery, ObjectStore } from '../../../shared/stores/ports.ts';
import { ingestPorts } from '../../support/ingest-ports.ts';
import { writePhotos } from '../../support/photos.ts';
import { RecordingResults } from '../../support/recording-results.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { tinyPreprocess } from '../../support/tiny-model.ts';

const folder = temporaryFolder();
const rule = tinyPreprocess(32);
const ingestedAt = new Date('2026-01-02T03:04:06Z');
let crops: MemoryQueue<CropMessage>;
let results: RecordingResults;
let ports: IngestPorts;

await writePhotos(folder, 3);
await writeFile(join(folder, 'note.jpg'), 'not a picture\n');
await copyFile(join(folder, 'photo-000.jpg'), join(folder, 'été 🌻+%41.jpg'));

beforeEach(() => {
  crops = new MemoryQueue({ visibilitySeconds: 60 });
  results = new RecordingResults();
  const common = ingestPorts(new FolderStore(), { size: 32, maxBytes: 100_000 });
  ports = { ...common, crops, results, now: () => ingestedAt };
});

const uploaded = (key: string, changes: Partial<UploadEvent> = {}): UploadEvent => ({
  kind: 'created',
  bucket: folder,
  key,
  etag: 'seen',
  size: 10,
  eventTime: new Date('2026-01-02T03:04:05Z'),
  job: 'test',
  ...changes,
});
const message = (receipt: string, events: UploadEvent[] | Failure, attempt = 1): Delivery<UploadEvent[]> => ({
  receipt,
  attempt,
  body: events,
});
const sent = async () => (await crops.receive({ max: 10, waitSeconds: 0 })).map(({ body }) => body);

/** A folder store that fails to read the given key. */
function failing(key: string, failure: Failure): ObjectStore {
  const objects = new FolderStore();
  const read: ObjectStore['read'] = (address, options) =>
    address.key === key ? Promise.reject(failure) : objects.read(address, options);
  return Object.assign(new FolderStore(), { read });
}

/** Each message as its receipt, the reason of its failure and the outcomes of its events. */
const settled = (outcomes: readonly IngestOutcome[]) =>
  outcomes.map(({ receipt, failure, events }) => [
    receipt,
    failure?.reason ?? 'done',
    ...events.map(({ outcome }) => (outcome instanceof Failure ? outcome.reason : outcome)),
  ]);

describe('ingest', () => {
  it('sends the crops of an image with all fields of its row', async () => {
    expect(await ingest([message('m1', [uploaded('photo-001.jpg')])], ports)).toMatchObject([
      { receipt: 'm1', events: [{ outcome: 'sent', event: { size: expect.any(Number) } }] },
    ]);
    expect(await sent()).toMatchObject([
      {
        image: { bucket: folder, key: 'photo-001.jpg', etag: expect.stringMatching(/^[0-9a-f]+-[0-9a-f]+$/) },
        job: 'test',
        width: 64,
        height: 48,
        format: 'jpeg',
        preprocess: preprocessDigest(rule),
        ingestedAt,
        tensor: { height: 32, width: 32, scale: [1, 1, 1], zeroPoint: [123, 117, 104] },
      },
    ]);
    expect(results.rows).toEqual([]);
  });

  it('keeps keys with any characters unchanged', async () => {
    await ingest([message('m1', [uploaded('été 🌻+%41.jpg')])], ports);
    expect(await sent()).toMatchObject([{ image: { key: 'été 🌻+%41.jpg' } }]);
  });

  it('stores a row for a file that is not an image, and acknowledges its message', async () => {
    const outcomes = await ingest([message('m1', [uploaded('note.jpg'), uploaded('photo-000.jpg')])], ports);
    expect(settled(outcomes)).toEqual([['m1', 'done', 'not_an_image', 'sent']]);
    expect(results.rows).toMatchObject([
      {
        image_id: expect.stringMatching(/note\.jpg@[0-9a-f]+-[0-9a-f]+$/), // of the object that was read, not of the event
        status: 'rejected',
        reason: 'not_an_image',
        detail: 'an unknown format: if it is an image, save it as JPEG, PNG, WebP, AVIF, TIFF or GIF',
        model: 'tiny@0',
        bytes: 14,
      },
    ]);
    expect(await sent()).toMatchObject([{ image: { key: 'photo-000.jpg' } }]);
  });

  it('rejects an object that was deleted before the read, and one that is too large', async () => {
    ports = { ...ports, limits: { ...ports.limits, maxBytes: 20 } };
    await ingest([message('m1', [uploaded('gone.jpg')]), message('m2', [uploaded('photo-000.jpg')])], ports);
    expect(results.rows.map(({ key, reason }) => [key, reason])).toEqual([
      ['gone.jpg', 'object_gone'],
      ['photo-000.jpg', 'too_large'],
    ]);
  });

  it('returns only the message whose image can be retried', async () => {
    const throttled = new Failure('throttled', 'slow down');
    const deliveries = ['photo-000.jpg', 'photo-001.jpg', 'photo-002.jpg'].map((key) => message(key, [uploaded(key)]));
    const outcomes = await ingest(deliveries, { ...ports, objects: failing('photo-001.jpg', throttled) });
    expect(settled(outcomes)).toEqual([
      ['photo-000.jpg', 'done', 'sent'],
      ['photo-001.jpg', 'throttled', 'throttled'],
      ['photo-002.jpg', 'done', 'sent'],
    ]);
    expect(results.rows).toEqual([]);
    expect(await sent()).toHaveLength(2);
  });

  it('stores a row with the last reason after the last attempt, and returns the message', async () => {
    const throttled = new Failure('throttled', 'slow down');
    const objects = failing('photo-001.jpg', throttled);
    const outcomes = await ingest([message('m1', [uploaded('photo-001.jpg')], 3)], { ...ports, objects });
    expect(settled(outcomes)).toEqual([['m1', 'throttled', 'throttled']]);
    expect(results.rows).toMatchObject([{ key: 'photo-001.jpg', status: 'rejected', reason: 'throttled' }]);
  });

  it('returns a message that is not an upload event, and ingests the others', async () => {
    const invalid = new Failure('invalid_event', 'no event');
    const outcomes = await ingest([message('m1', invalid), message('m2', [uploaded('photo-000.jpg')])], ports);
    expect(settled(outcomes)).toEqual([
      ['m1', 'invalid_event'],
      ['m2', 'done', 'sent'],
    ]);
  });

  it('stores a row for a deletion, and acknowledges a message without events', async () => {
    const deleted = uploaded('photo-000.jpg', { kind: 'deleted', etag: undefined, size: undefined, sequencer: '0B' });
    const outcomes = await ingest([message('m1', [deleted]), message('m2', [])], ports);
    expect(settled(outcomes)).toEqual([
      ['m1', 'done', 'deleted'],
      ['m2', 'done'],
    ]);
    expect(await sent()).toEqual([]);
    expect(results.rows).toMatchObject([
      { image_id: `${folder}/photo-000.jpg@deleted-0B`, status: 'deleted', sequencer: '0B', version: null, etag: null },
    ]);
  });

  it('returns a deletion whose row cannot be stored', async () => {
    results.fault = new Failure('unavailable', 'the disk is full');
    const outcomes = await ingest([message('m1', [uploaded('photo-000.jpg', { kind: 'deleted' })])], ports);
    expect(settled(outcomes)).toEqual([['m1', 'unavailable', 'deleted']]);
  });

  it('skips the clutter of consoles and desktops', async () => {
    const clutter = [uploaded('folder/', { size: 0 }), uploaded('.DS_Store'), uploaded('a/.thumbnails/b.jpg')];
    const outcomes = await ingest([message('m1', clutter)], ports);
    expect(settled(outcomes)).toEqual([['m1', 'done', 'clutter', 'clutter', 'clutter']]);
    expect([await sent(), results.rows]).toEqual([[], []]);
  });

  it('skips the output of the pipeline', async () => {
    const names = [
      'results/date=2026-01-02/20260102T030405678Z-a.parquet',
      'packed/date=2026-01-02/20260102T030405678Z-a.crops',
    ];
    const written = names.map((name) => uploaded(`out/${name}`));
    const withOutputs = { ...ports, outputs: [{ bucket: folder, prefix: 'out' }] };
    const outcomes = await ingest([message('m1', [...written, uploaded('photo-000.jpg')])], withOutputs);
    expect(settled(outcomes)).toEqual([['m1', 'done', 'output', 'output', 'sent']]);
    expect(results.rows).toEqual([]);
  });

  it('ingests an object once per batch, for its last event', async () => {
    const events = ['0A', '0C', '0B', '0C'].map((sequencer) => uploaded('photo-000.jpg', { sequencer }));
    const outcomes = await ingest([message('m1', events)], ports);
    expect(settled(outcomes)).toEqual([['m1', 'done', 'superseded', 'sent', 'superseded', 'superseded']]);
    expect(await sent()).toMatchObject([{ sequencer: '0C' }]);
  });

  it('sends crops as soon as they fill a pack', async () => {
    const groups: number[] = [];
    const recording = {
      send: async (messages: readonly CropMessage[]) => {
        groups.push(messages.length);
        return [];
      },
    };
    const many = Array.from({ length: 150 }, (_, index) => uploaded('photo-000.jpg', { versionId: String(index) }));
    const outcomes = await ingest([message('m1', many)], { ...ports, crops: recording });
    expect(groups).toEqual([100, 50]);
    expect(outcomes[0]?.events.every(({ outcome }) => outcome === 'sent')).toBe(true);
  });

  it.each(['unreadable', 'object_gone'] as const)(
    'retries an image whose crops may not be sent (%s)',
    async (reason) => {
      const denied = new Failure(
        reason,
        'AccessDenied: not authorized to perform: kms:GenerateDataKey on the resource',
      );
      const refusing = { send: async () => [{ index: 0, failure: denied }] };
      const outcomes = await ingest([message('m1', [uploaded('photo-000.jpg')])], { ...ports, crops: refusing });
      expect(settled(outcomes)).toEqual([['m1', 'unavailable', 'unavailable']]);
      expect(outcomes[0]?.failure?.message).toContain('kms:GenerateDataKey');
      expect(results.rows).toEqual([]);
    },
  );

  it('holds no more bytes of files at once than the maximum of one file', async () => {
    let held = 0;
    let maxHeld = 0;
    const objects = new FolderStore();
    const read: ObjectStore['read'] = (address, options) => {
      held += 1;
      maxHeld = Math.max(maxHeld, held);
      return objects.read(address, options).finally(() => {
        held -= 1;
      });
    };
    const large = Array.from({ length: 6 }, (_, index) =>
      uploaded(`photo-00${index % 3}.jpg`, { size: 2 ** 20, versionId: String(index) }),
    );
    const pool = decodePool(2, { maxBytes: 2 ** 21 });
    await ingest([message('m1', large)], { ...ports, pool, objects: Object.assign(new FolderStore(), { read }) });
    expect(maxHeld).toBe(2);
  });

  it('returns every message whose row cannot be stored, and only those', async () => {
    results.fault = new Failure('unavailable', 'the disk is full');
    const outcomes = await ingest(
      [message('m1', [uploaded('note.jpg')]), message('m2', [uploaded('photo-000.jpg')])],
      ports,
    );
    expect(outcomes).toMatchObject([{ receipt: 'm1', failure: { message: 'the disk is full' } }, { receipt: 'm2' }]);
    expect(outcomes[1]).not.toHaveProperty('failure');
  });

  it('returns a message whose crop the queue refused temporarily', async () => {
    const abandoned = AbortSignal.abort();
    const full = new MemoryQueue<CropMessage>({ visibilitySeconds: 60, capacity: 1, signal: abandoned });
    const deliveries = ['photo-000.jpg', 'photo-001.jpg'].map((key) => message(key, [uploaded(key)]));
    const outcomes = await ingest(deliveries, { ...ports, crops: full });
    // Either of them may be decoded first.
    expect(outcomes.map(({ failure }) => failure?.reason ?? 'done').toSorted()).toEqual(['done', 'unavailable']);
  });
});

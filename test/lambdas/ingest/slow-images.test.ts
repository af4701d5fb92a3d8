import { beforeEach, describe, expect, it } from 'vitest';
import { type IngestOutcome, ingest } from '../../../lambdas/ingest/ingest.ts';
import type { IngestPorts } from '../../../lambdas/ingest/ports.ts';
import type { CropMessage } from '../../../shared/crops/crop-message.ts';
import type { UploadEvent } from '../../../shared/events/upload-event.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import type { ImageCropper } from '../../../shared/images/cropper/image-cropper.ts';
import { decodePool } from '../../../shared/images/decode/decode-pool.ts';
import type { ResultsWriter } from '../../../shared/rows/results-writer.ts';
import type { ResultRow } from '../../../shared/rows/row.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import type { Delivery, ObjectStore } from '../../../shared/stores/ports.ts';
import { eventually } from '../../support/eventually.ts';
import { ingestPorts } from '../../support/ingest-ports.ts';
import { writePhotos } from '../../support/photos.ts';
import { RecordingResults } from '../../support/recording-results.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const photos = await writePhotos(folder, 12);
const never = new Promise<never>(() => {});
const late = new Failure('timeout', 'late');
let results: RecordingResults;
let ports: IngestPorts;
/** Keys of the crops of each request. */
let sent: string[][];

beforeEach(() => {
  sent = [];
  results = new RecordingResults();
  const crops = {
    async send(messages: readonly CropMessage[]) {
      sent.push(messages.map(({ image }) => image.key));
      return [];
    },
  };
  ports = { ...ingestPorts(new FolderStore(), { size: 32, maxBytes: 100_000 }), crops, results };
});

const event = (key: string, changes: Partial<UploadEvent> = {}): UploadEvent => ({
  ...{ kind: 'created', bucket: folder, key, etag: 'seen', size: 1000, job: 'test' },
  eventTime: new Date('2026-01-02T03:04:05Z'),
  ...changes,
});
const message = (key: string, attempt = 1, changes: Partial<UploadEvent> = {}): Delivery<UploadEvent[]> => ({
  ...{ receipt: key, attempt },
  body: [event(key, changes)],
});
const batch = (keys: readonly string[], attempt = 1) => keys.map((key) => message(key, attempt));
const failed = (outcomes: readonly IngestOutcome[]) =>
  outcomes.flatMap(({ receipt, failure }) => (failure ? [[receipt, failure.reason]] : []));

/** A store in which some objects are never read. */
function hanging(...keys: readonly string[]): ObjectStore {
  const objects = new FolderStore();
  const read: ObjectStore['read'] = (address, options) =>
    keys.includes(address.key) ? never : objects.read(address, options);
  return Object.assign(new FolderStore(), { read });
}

/** A store that records which objects are read. */
function readsOf(reads: string[]): ObjectStore {
  const objects = new FolderStore();
  const read: ObjectStore['read'] = (address, options) => {
    reads.push(address.key);
    return objects.read(address, options);
  };
  return Object.assign(new FolderStore(), { read });
}

/** A cropper that records which images are suspects, and never ends for some. */
function recording(cropper: ImageCropper, isStuck: (bytes: Uint8Array) => boolean = () => false) {
  const suspects: boolean[] = [];
  const crop: ImageCropper['crop'] = (bytes, options) => {
    suspects.push(options?.isSuspect ?? false);
    return isStuck(bytes) ? never : cropper.crop(bytes, options);
  };
  return { suspects, cropper: { ...cropper, crop } };
}

describe('an image that takes long', () => {
  it('holds up none of the crops that are ready', async () => {
    const ending = new AbortController();
    const outcomes = ingest(
      batch(photos),
      { ...ports, objects: hanging('photo-003.jpg') },
      {
        limits: { crops: ending.signal },
      },
    );
    await eventually(() => expect(sent.flat()).toHaveLength(11));
    ending.abort(late);
    expect(failed(await outcomes)).toEqual([['photo-003.jpg', 'timeout']]);
    expect(sent.flat().toSorted()).toEqual(photos.filter((name) => name !== 'photo-003.jpg'));
    expect(results.rows).toEqual([]);
  });

  it('goes back to the queue at the limit if it is still being decoded, and is not sent later', async () => {
    const gate = Promise.withResolvers<void>();
    const real = ports.cropper;
    const crop: ImageCropper['crop'] = async (bytes) => {
      await gate.promise;
      return real.crop(bytes);
    };
    const ending = new AbortController();
    const working = ingest(
      batch(photos.slice(0, 1)),
      { ...ports, cropper: { ...real, crop } },
      {
        limits: { crops: ending.signal },
      },
    );
    ending.abort(late);
    expect(failed(await working)).toEqual([['photo-000.jpg', 'timeout']]);
    gate.resolve();
    await ingest(batch(photos.slice(1, 2)), ports);
    expect(sent).toEqual([['photo-001.jpg']]);
  });

  it('leaves images that wait for their turn unread after the limit', async () => {
    const reads: string[] = [];
    const objects = Object.assign(new FolderStore(), {
      read: ({ key }: { key: string }) => {
        reads.push(key);
        return never;
      },
    });
    const ending = new AbortController();
    const pool = decodePool(1, { maxBytes: 100_000, concurrency: 1 });
    const working = ingest(batch(photos), { ...ports, objects, pool }, { limits: { crops: ending.signal } });
    await eventually(() => expect(reads).toHaveLength(1));
    ending.abort(late);
    expect(failed(await working)).toHaveLength(12);
    expect(reads).toEqual(['photo-000.jpg']);
  });

  it('gets a row after the last attempt', async () => {
    const limits = { crops: AbortSignal.abort(late) };
    const outcomes = await ingest([message('photo-000.jpg', 3)], ports, { limits });
    expect(failed(outcomes)).toEqual([['photo-000.jpg', 'timeout']]);
    expect(results.rows).toMatchObject([{ key: 'photo-000.jpg', status: 'rejected', reason: 'timeout' }]);
  });
});

describe('images that were delivered before', () => {
  it('come after the others, are decoded as suspects, and are sent without waiting', async () => {
    const { cropper, suspects } = recording(ports.cropper);
    const pool = decodePool(1, { maxBytes: 100_000, concurrency: 1 });
    const deliveries = [message('photo-000.jpg', 3), message('photo-001.jpg', 2), message('photo-002.jpg')];
    await ingest(deliveries, { ...ports, pool, cropper, maxAttempts: 5 });
    expect(suspects).toEqual([false, true, true]);
    expect(sent).toEqual([['photo-002.jpg', 'photo-001.jpg'], ['photo-000.jpg']]);
  });
});

describe('requests that are not answered', () => {
  it('to send crops, hold back images that are not yet read', async () => {
    const reads: string[] = [];
    const objects = readsOf(reads);
    const gate = Promise.withResolvers<void>();
    const crops: IngestPorts['crops'] = {
      async send(messages) {
        await gate.promise;
        return ports.crops.send(messages);
      },
    };
    const pool = decodePool(1, { maxBytes: 100_000, concurrency: 1 });
    const suspects = batch(photos.slice(0, 6), 2); // each is sent at once
    const working = ingest(suspects, { ...ports, objects, crops, pool });
    await eventually(() => expect(reads.length).toBeGreaterThanOrEqual(2));
    await ingest(batch(photos.slice(6)), ports); // takes longer than the next read would
    expect(reads).toEqual(photos.slice(0, 2));
    gate.resolve();
    expect(failed(await working)).toEqual([]);
    expect(reads).toEqual(photos.slice(0, 6));
  });

  it('to send crops, return the messages of these crops only', async () => {
    const sending = new AbortController();
    const crops = { send: () => never };
    const deliveries = [message('photo-000.jpg'), message('gone.jpg')];
    const working = ingest(deliveries, { ...ports, crops }, { limits: { send: sending.signal } });
    sending.abort(late);
    expect(failed(await working)).toEqual([['photo-000.jpg', 'timeout']]);
    expect(results.rows).toMatchObject([{ key: 'gone.jpg', reason: 'object_gone' }]);
  });

  it('to store rows, return the messages of these rows only', async () => {
    const limits = { store: AbortSignal.abort(late) };
    const deliveries = [message('photo-000.jpg'), message('gone.jpg')];
    const outcomes = await ingest(deliveries, { ...ports, results: { append: () => never } }, { limits });
    expect(failed(outcomes)).toEqual([['gone.jpg', 'timeout']]);
  });
});

describe('the last attempt', () => {
  const recordFinalAttempts = true;

  it('has a row before it begins', async () => {
    const stored: string[] = [];
    const objects = Object.assign(new FolderStore(), {
      read: async ({ key }: { key: string }) => {
        stored.push(...results.rows.map((row) => `${key} after ${row.key} ${row.status} ${row.reason}`));
        throw new Failure('object_gone', 'gone');
      },
    });
    await ingest([message('a.jpg', 3), message('b.jpg', 2)], { ...ports, objects }, { recordFinalAttempts });
    expect(stored.filter((text) => text.startsWith('a.jpg'))).toEqual(['a.jpg after a.jpg rejected abandoned']);
    expect(results.rows.map(({ key, reason }) => [key, reason])).toEqual([
      ['a.jpg', 'abandoned'],
      ['a.jpg', 'object_gone'],
      ['b.jpg', 'object_gone'],
    ]);
    expect(results.rows[0]).toMatchObject({ detail: 'none of 3 attempts finished', etag: 'seen' });
  });

  it('does not begin before its row is stored', async () => {
    const reads: string[] = [];
    const gate = Promise.withResolvers<void>();
    const stored: ResultsWriter = {
      async append(rows) {
        await gate.promise;
        await results.append(rows);
      },
    };
    const { cropper, suspects } = recording(ports.cropper);
    const deliveries = [message('photo-000.jpg', 3), message('photo-001.jpg')];
    const working = ingest(
      deliveries,
      { ...ports, objects: readsOf(reads), cropper, results: stored },
      { recordFinalAttempts },
    );
    await eventually(() => expect(suspects).toHaveLength(1)); // the other image was read in the meantime
    await ingest(batch(photos.slice(2)), ports); // takes longer than a read
    expect(reads).toEqual(['photo-001.jpg']);
    gate.resolve();
    expect(failed(await working)).toEqual([]);
    expect(reads).toEqual(['photo-001.jpg', 'photo-000.jpg']);
    expect(results.rows).toMatchObject([{ key: 'photo-000.jpg', reason: 'abandoned' }]);
  });

  it('of a deletion has its row before the images of the batch are processed', async () => {
    const results = new RecordingResults();
    const limits = { crops: new AbortController().signal };
    const objects = hanging('photo-000.jpg');
    void ingest(
      [message('a.jpg', 3, { kind: 'deleted' }), message('photo-000.jpg')],
      { ...ports, objects, results },
      {
        ...{ limits, recordFinalAttempts },
      },
    );
    await eventually(() => expect(results.rows).toMatchObject([{ key: 'a.jpg', status: 'deleted' }]));
  });

  it('is made although its row cannot be stored', async () => {
    results.fault = new Failure('unavailable', 'the store is unavailable');
    expect(failed(await ingest([message('photo-000.jpg', 3)], ports, { recordFinalAttempts }))).toEqual([]);
    expect(sent).toEqual([['photo-000.jpg']]);
  });

  it('of an image that is skipped has no row', async () => {
    await ingest([message('.DS_Store', 3)], ports, { recordFinalAttempts });
    expect(results.attempts).toBe(0);
  });
});

describe('a row that cannot be stored for its own sake', () => {
  it('returns its message only', async () => {
    const stored: ResultRow[] = [];
    const picky: ResultsWriter = {
      async append(rows) {
        if (rows.some(({ key }) => key === 'broken.jpg')) throw new Error('cannot be encoded');
        stored.push(...rows);
      },
    };
    const keys = ['a.jpg', 'b.jpg', 'broken.jpg', 'c.jpg', 'd.jpg'];
    const outcomes = await ingest(batch(keys), { ...ports, results: picky });
    expect(failed(outcomes)).toEqual([['broken.jpg', 'internal']]);
    expect(stored.map(({ key }) => key)).toEqual(['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg']);
  });
});

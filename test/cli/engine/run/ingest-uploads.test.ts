import { beforeEach, describe, expect, it } from 'vitest';
import { ingestUploads } from '../../../../cli/engine/run/ingest-uploads.ts';
import type { IngestPorts } from '../../../../lambdas/ingest/ports.ts';
import type { CropMessage } from '../../../../shared/crops/crop-message.ts';
import type { UploadEvent } from '../../../../shared/events/upload-event.ts';
import { Failure } from '../../../../shared/failures/failure.ts';
import { FolderStore } from '../../../../shared/stores/local/folder-store.ts';
import { MemoryQueue } from '../../../../shared/stores/local/memory-queue.ts';
import { eventually } from '../../../support/eventually.ts';
import { ingestPorts } from '../../../support/ingest-ports.ts';
import { writePhotos } from '../../../support/photos.ts';
import { RecordingResults } from '../../../support/recording-results.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const photos = await writePhotos(folder, 40);
const never = new Promise<never>(() => {});
let uploads: MemoryQueue<readonly UploadEvent[]>;
let crops: MemoryQueue<CropMessage>;
let results: RecordingResults;
let ports: IngestPorts;
let stopping: AbortController;

beforeEach(() => {
  uploads = new MemoryQueue({ visibilitySeconds: 3600, maxAttempts: 3 });
  crops = new MemoryQueue({ visibilitySeconds: 3600 });
  results = new RecordingResults();
  ports = { ...ingestPorts(new FolderStore(), { size: 32, maxBytes: 100_000 }), crops, results };
  stopping = new AbortController();
});

const upload = (keys: readonly string[]) =>
  uploads.send(
    keys.map((key) => [
      { kind: 'created' as const, bucket: folder, key, eventTime: new Date(), job: 'test', size: 1000 },
    ]),
  );
const start = (changes: { fed?: Promise<void>; together?: boolean } = {}) =>
  ingestUploads({ uploads, ports, together: false, fed: Promise.resolve(), stop: stopping.signal, ...changes });

/** Reads of these objects never end. */
function hang(...keys: readonly string[]) {
  const objects = new FolderStore();
  const read: FolderStore['read'] = (address, options) =>
    keys.includes(address.key) ? never : objects.read(address, options);
  ports = { ...ports, objects: Object.assign(new FolderStore(), { read }) };
}

describe('images that take long', () => {
  it('hold up neither the others nor the rows of those that are rejected', async () => {
    hang('photo-000.jpg', 'photo-011.jpg', 'photo-022.jpg');
    await upload([...photos, 'gone.jpg']);
    const working = start();
    await eventually(async () => expect(await uploads.depth()).toEqual({ visible: 0, inFlight: 3 }));
    expect((await crops.depth()).visible).toBe(37);
    expect(results.rows).toMatchObject([{ key: 'gone.jpg', reason: 'object_gone' }]);
    stopping.abort();
    await working;
  });

  it('go back to the queue without a row when the run is stopped', async () => {
    hang('photo-000.jpg');
    await upload(['photo-000.jpg']);
    const working = start();
    await eventually(async () => expect((await uploads.depth()).inFlight).toBe(1));
    stopping.abort();
    await working;
    expect(results.rows).toEqual([]);
    expect(uploads.deadLetters()).toEqual([]);
  });
});

it('waits for messages until nothing more will be sent', async () => {
  const fed = Promise.withResolvers<void>();
  const working = start({ fed: fed.promise });
  await upload(photos.slice(0, 3));
  await eventually(async () => expect((await crops.depth()).visible).toBe(3));
  await upload(photos.slice(3, 5));
  fed.resolve();
  await working;
  expect((await crops.depth()).visible).toBe(5);
});

it('tries again what failed, as a suspect, until its attempts are used up', async () => {
  const suspects: (boolean | undefined)[] = [];
  const cropper: IngestPorts['cropper'] = {
    async crop(_, options) {
      suspects.push(options?.isSuspect);
      throw new Failure('unavailable', 'no memory');
    },
    cut: () => Promise.reject(new Error('no boxes were expected')),
    close: async () => {},
  };
  ports = { ...ports, cropper };
  await upload(['photo-000.jpg']);
  await start();
  expect(suspects).toEqual([false, true, true]);
  expect(results.rows).toMatchObject([{ key: 'photo-000.jpg', reason: 'unavailable' }]);
});

it('sends the crops of messages that arrive together in one request, if it should', async () => {
  const groups: number[] = [];
  const send = async (messages: readonly CropMessage[]) => {
    groups.push(messages.length);
    return [];
  };
  ports = { ...ports, crops: { send } };
  await upload(photos.slice(0, 20));
  await start({ together: true });
  expect(groups).toEqual([10, 10]);
});

it('fails with the error of a message that cannot be processed, and leaves the others', async () => {
  ports = {
    ...ports,
    now: () => {
      throw new Error('the clock is broken');
    },
  };
  hang('photo-001.jpg');
  await upload(['gone.jpg', 'photo-001.jpg']);
  await expect(start({ fed: never })).rejects.toThrow('the clock is broken');
});

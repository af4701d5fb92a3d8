import { access, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { emptySending } from '../../../jobs/submit/send-images.ts';
import { submitImages } from '../../../jobs/submit/submit-images.ts';
import type { UploadEvent } from '../../../shared/events/upload-event.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { jobFolder, jobMarkerKey } from '../../../shared/stores/keys.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import { MemoryQueue } from '../../../shared/stores/local/memory-queue.ts';
import type { ListedObject, Queue } from '../../../shared/stores/ports.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const job = { job: 'autumn/2019', model: 'tiny@0123456789ab', preprocess: 'fedcba9876543210' };
const now = new Date('2026-03-14T10:00:00.000Z');
const running = new AbortController().signal;

async function* objects(count: number, changes: Partial<ListedObject> = {}): AsyncGenerator<ListedObject> {
  for (let index = 0; index < count; index += 1) {
    yield { bucket: 'archive', key: `${index}.jpg`, etag: 'e', size: index, modified: new Date(0), ...changes };
  }
}

/** Ports with a folder store and an in-memory queue that record the order of lists and messages. */
async function testPorts(refuse: (image: UploadEvent) => Failure | undefined = () => undefined) {
  const folder = temporaryFolder();
  const store = new FolderStore();
  const memory = new MemoryQueue<UploadEvent>({ visibilitySeconds: 30 });
  const steps: string[] = [];
  const queue: Pick<Queue<UploadEvent>, 'send'> = {
    async send(images) {
      const refused = images.flatMap((image, index) => {
        const failure = refuse(image);
        return failure === undefined ? [] : [{ index, failure }];
      });
      const accepted = images.filter((_, index) => !refused.some((entry) => entry.index === index));
      if (accepted.length > 0) steps.push(`sent ${accepted.map(({ key }) => key).join()}`);
      await memory.send(accepted);
      return refused;
    },
  };
  const ids = ['1', '2', '3', '4', '5'].values();
  const ports = {
    store: {
      async write(...[address, bytes]: Parameters<FolderStore['write']>) {
        await store.write(address, bytes);
        const rows = await parquetReadObjects({ file: Uint8Array.from(bytes).buffer });
        steps.push(`listed ${rows.map((row) => row['key']).join()}`);
      },
      remove: store.remove.bind(store),
    },
    location: { bucket: folder, prefix: '' },
    queue,
    now: () => now,
    uniqueId: () => ids.next().value ?? 'more',
  };
  return { folder, store, memory, ports, steps, sent: emptySending() };
}

async function keysIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(new FolderStore().list(folder, ''))).map(({ key }) => key);
}

describe('submitImages', () => {
  it('sends a message per image, with its job, after a list of them is stored', async () => {
    const { folder, memory, ports, sent } = await testPorts();
    await submitImages(objects(2), job, ports, { stop: running, sent });
    const deliveries = await memory.receive({ max: 10, waitSeconds: 0 });
    const eventTime = now;
    const event = { kind: 'created', bucket: 'archive', etag: 'e', versionId: undefined, eventTime, job: job.job };
    expect(deliveries.map(({ body }) => body)).toEqual([
      { ...event, key: '0.jpg', size: 0 },
      { ...event, key: '1.jpg', size: 1 },
    ]);
    expect(sent).toEqual({ submitted: 2, refused: 0, refusals: [] });
    const [key = '', ...others] = await keysIn(folder);
    expect(others).toEqual([]);
    expect(key).toBe(`${jobFolder(job.job)}images-20260314T100000000Z-1.parquet`);
    const { bytes } = await new FolderStore().read({ bucket: folder, key }, { maxBytes: 1e6 });
    const rows = await parquetReadObjects({ file: Uint8Array.from(bytes).buffer });
    expect(rows).toEqual(
      [0, 1].map((index) => ({
        ...{ ...job, bucket: 'archive', key: `${index}.jpg`, version: null, etag: 'e', bytes: BigInt(index) },
        submitted_at: now,
      })),
    );
  });

  it('gives an object written during the submission its own event time', async () => {
    const { memory, ports, sent } = await testPorts();
    const modified = new Date('2026-03-14T10:05:00.000Z');
    await submitImages(objects(1, { modified }), job, ports, { stop: running, sent });
    expect(await memory.receive({ max: 1, waitSeconds: 0 })).toMatchObject([{ body: { eventTime: modified } }]);
  });

  it('stores the next list before it sends the images of one, so that a job cannot be complete too early', async () => {
    const { ports, steps, sent } = await testPorts();
    await submitImages(objects(5), job, ports, { stop: running, sent, imagesPerList: 2 });
    expect(steps).toEqual([
      'listed 0.jpg,1.jpg',
      'listed 2.jpg,3.jpg',
      'sent 0.jpg,1.jpg',
      'listed 4.jpg',
      'sent 2.jpg,3.jpg',
      'sent 4.jpg',
    ]);
  });

  it('takes the completion marker of the job away, and leaves those of others', async () => {
    const { folder, ports, sent } = await testPorts();
    const [marker, otherMarker] = [job.job, 'other'].map((name) => join(folder, jobMarkerKey(name)));
    for (const path of [marker, otherMarker]) {
      await mkdir(dirname(path ?? ''), { recursive: true });
      await writeFile(path ?? '', '');
    }
    await submitImages(objects(1), job, ports, { stop: running, sent });
    await expect(access(marker ?? '')).rejects.toThrow('ENOENT');
    await access(otherMarker ?? '');
  });

  it('writes nothing without images', async () => {
    const { folder, ports, sent } = await testPorts();
    await submitImages(objects(0), job, ports, { stop: running, sent });
    expect(await keysIn(folder)).toEqual([]);
  });

  it('sends no image whose list cannot be written, and names the list', async () => {
    const { memory, ports, sent } = await testPorts();
    const write = async () => {
      throw new Failure('unreadable', 'AccessDenied: no');
    };
    const submitting = submitImages(
      objects(1),
      job,
      { ...ports, store: { ...ports.store, write } },
      { stop: running, sent },
    );
    await expect(submitting).rejects.toThrow(/^cannot write jobs\/autumn%2F2019\/images-\S+ in \S+: AccessDenied: no$/);
    expect(await memory.depth()).toEqual({ visible: 0, inFlight: 0 });
  });
});

describe('images that the queue refuses', () => {
  it('are sent again', async () => {
    const busy = new Set(['1.jpg', '3.jpg']);
    const { memory, ports, sent } = await testPorts(({ key }) =>
      busy.delete(key) ? new Failure('throttled', 'slow down') : undefined,
    );
    await submitImages(objects(4), job, ports, { stop: running, sent });
    expect(sent).toEqual({ submitted: 4, refused: 0, refusals: [] });
    expect((await memory.depth()).visible).toBe(4);
  });

  it('are counted and named after all attempts, and the others are sent', async () => {
    const { memory, ports, sent } = await testPorts(({ key }) =>
      key === '1.jpg' ? new Failure('too_large', 'the message is too large') : undefined,
    );
    await submitImages(objects(3), job, ports, { stop: running, sent });
    const refusals = [{ key: '1.jpg', reason: 'the message is too large' }];
    expect(sent).toEqual({ submitted: 2, refused: 1, refusals });
    expect((await memory.depth()).visible).toBe(2);
  });

  it('end the submission if the queue accepts no image', async () => {
    const { ports, sent } = await testPorts(({ key }) =>
      Number.parseInt(key, 10) >= 2_000 ? new Failure('too_large', 'gone') : undefined,
    );
    await expect(submitImages(objects(2_250), job, ports, { stop: running, sent })).rejects.toThrow(
      'no image could be sent after 2,000 images: gone; run the same command again to continue',
    );
    expect(sent.submitted).toBe(2_000);
  });
});

describe('a submission that is stopped', () => {
  it('lists and sends no more images', async () => {
    const { folder, memory, ports, sent } = await testPorts();
    const stop = new AbortController();
    const stopping = async function* () {
      for await (const object of objects(10)) {
        if (object.key === '5.jpg') stop.abort();
        yield object;
      }
    };
    await submitImages(stopping(), job, ports, { stop: stop.signal, sent, imagesPerList: 2 });
    expect(sent.submitted).toBe(2);
    expect((await memory.depth()).visible).toBe(2);
    expect(await keysIn(folder)).toHaveLength(2);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readCrops } from '../../../lambdas/classify/read-crops.ts';
import { runWorker, type WorkerOptions } from '../../../lambdas/classify/worker/worker.ts';
import type { CropEnvelope } from '../../../shared/crops/crop-envelope.ts';
import { CropsQueue } from '../../../shared/crops/crops-queue.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { MemoryQueue } from '../../../shared/stores/local/memory-queue.ts';
import type { ByteRange, ObjectAddress } from '../../../shared/stores/ports.ts';
import { eventually } from '../../support/eventually.ts';
import { cropsNamed, packTogether } from '../../support/packed-crops.ts';
import { RecordingResults } from '../../support/recording-results.ts';
import { openTinyClassifier } from '../../support/tiny-classifier.ts';

const classifier = await openTinyClassifier();
const { model } = classifier;
let results: RecordingResults;
let stop: AbortController;

beforeEach(() => {
  results = new RecordingResults();
  stop = new AbortController();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A store of one object; each read first waits for the given work. */
function slowStore(before: (read: number) => Promise<unknown>) {
  let pack = new Uint8Array();
  let reads = 0;
  return {
    reads: () => reads,
    write: async (_: ObjectAddress, bytes: Uint8Array) => {
      pack = new Uint8Array(bytes);
    },
    readRange: async (_: ObjectAddress, { offset, length }: ByteRange) => {
      reads += 1;
      await before(reads);
      return pack.subarray(offset, offset + length);
    },
  };
}

const pack = (names: readonly string[], objects: ReturnType<typeof slowStore>, size = 32) =>
  packTogether(
    names.map((name) => cropsNamed(name, { size })),
    objects,
    { bucket: 'b', key: 'k' },
  );

describe('a worker with packed crops', () => {
  const options = (): WorkerOptions => ({
    pollers: 2,
    batchAgeMs: 10,
    partRows: 10,
    partAgeMs: 10,
    stop: stop.signal,
    graceMs: 0,
    inputEnded: new AbortController().signal,
  });
  const work = (envelopes: MemoryQueue<CropEnvelope>, objects: ReturnType<typeof slowStore>) => {
    const { unresolved } = new CropsQueue(envelopes, objects, { transport: 'inline' });
    return runWorker({ ...classifier, ...unresolved, results }, options());
  };

  it('keeps messages hidden while their crops are read, however long it takes', async () => {
    vi.useFakeTimers();
    const { promise, resolve } = Promise.withResolvers<void>();
    const objects = slowStore(() => promise);
    const envelopes = new MemoryQueue<CropEnvelope>({ visibilitySeconds: 1, maxAttempts: 3 });
    await envelopes.send(await pack(['a', 'b'], objects));
    const working = work(envelopes, objects);
    await eventually(() => expect(objects.reads()).toBe(1));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await envelopes.depth()).toEqual({ visible: 0, inFlight: 2 });
    expect(objects.reads()).toBe(1);
    resolve();
    await eventually(() => expect(results.rows).toHaveLength(2));
    stop.abort();
    await working;
    expect(results.rows.map(({ status }) => status)).toEqual(['classified', 'classified']);
  });

  it('retries a read that fails for a while, without costing an attempt', async () => {
    const objects = slowStore(async (read) => {
      if (read < 4) throw new Failure('throttled', 'SlowDown');
    });
    const envelopes = new MemoryQueue<CropEnvelope>({ visibilitySeconds: 60, maxAttempts: 1 });
    await envelopes.send(await pack(['a', 'b'], objects));
    const working = work(envelopes, objects);
    await eventually(() => expect(results.rows).toHaveLength(2));
    stop.abort();
    await working;
    expect(results.rows.map(({ status }) => status)).toEqual(['classified', 'classified']);
    expect(objects.reads()).toBe(4);
  });

  it('returns messages whose crops were still being read when it ended', async () => {
    const objects = slowStore(() => new Promise(() => {}));
    const envelopes = new MemoryQueue<CropEnvelope>({ visibilitySeconds: 60, maxAttempts: 3 });
    await envelopes.send(await pack(['a', 'b'], objects));
    const working = work(envelopes, objects);
    await eventually(() => expect(objects.reads()).toBe(1));
    stop.abort();
    await working;
    expect(await envelopes.depth()).toEqual({ visible: 2, inFlight: 0 });
  });
});

describe('crops that do not fit the model', () => {
  it.each([
    ['of another size', { size: 64 }, {}, /^the crop has 64×64 pixels, the model needs 32×32: deploy the same model/],
    ['of another number', {}, { count: 144, length: 144 * 3072 }, /^144 crops of an image, the model needs 1:/],
    [
      'with another preprocessing',
      {},
      { preprocess: 'f00d' },
      /^the crop was made by preprocess f00d, the model needs [0-9a-f]+:/,
    ],
  ])('%s are not read', async (_, { size = 32 }: { size?: number }, change: Changes, detail) => {
    const objects = slowStore(async () => {});
    const [envelope] = await pack(['a'], objects, size);
    if (!envelope) throw new Error('expected one');
    const [delivery] = await readCrops([{ receipt: '1', attempt: 1, body: changed(envelope, change) }], {
      model,
      objects,
    });
    expect(delivery?.body).toMatchObject({
      image: { key: 'a' },
      fault: { reason: 'invalid_crop', message: expect.stringMatching(detail) },
    });
    expect(objects.reads()).toBe(0);
  });

  it('crops without an object store are not read either', async () => {
    const [body = new Failure('internal', 'none')] = await pack(
      ['a'],
      slowStore(async () => {}),
    );
    const [delivery] = await readCrops([{ receipt: '1', attempt: 1, body }], { model });
    expect(delivery?.body).toMatchObject({ fault: { reason: 'crops_gone' } });
  });
});

interface Changes {
  readonly count?: number;
  readonly length?: number;
  readonly preprocess?: string;
}

function changed(envelope: CropEnvelope, { count, length, preprocess }: Changes): CropEnvelope {
  const { tensor } = envelope;
  if (!('slice' in tensor)) throw new Error('expected a pointer');
  const slice = { ...tensor.slice, length: length ?? tensor.slice.length };
  return {
    ...envelope,
    preprocess: preprocess ?? model.preprocess,
    tensor: { ...tensor, count: count ?? tensor.count, slice },
  };
}

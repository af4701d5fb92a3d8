import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WorkerPorts } from '../../../../lambdas/classify/ports.ts';
import type { Utilization } from '../../../../lambdas/classify/worker/accelerator-clock.ts';
import { runWorker, type WorkerOptions } from '../../../../lambdas/classify/worker/worker.ts';
import type { CropEnvelope } from '../../../../shared/crops/crop-envelope.ts';
import type { CropMessage } from '../../../../shared/crops/crop-message.ts';
import type { Session } from '../../../../shared/inference/session.ts';
import { SessionLost } from '../../../../shared/inference/session-lost.ts';
import { MemoryQueue } from '../../../../shared/stores/local/memory-queue.ts';
import { cropOf } from '../../../support/crops.ts';
import { eventually } from '../../../support/eventually.ts';
import { RecordingResults } from '../../../support/recording-results.ts';
import { openTinyClassifier } from '../../../support/tiny-classifier.ts';

const classifier = await openTinyClassifier({ threads: 2 });
const { session } = classifier;
let crops: MemoryQueue<CropMessage>;
let results: RecordingResults;
let stop: AbortController;

beforeEach(() => {
  crops = new MemoryQueue({ visibilitySeconds: 60, maxAttempts: 3, capacity: Infinity });
  results = new RecordingResults();
  stop = new AbortController();
});

const never = new AbortController().signal;
const ended = AbortSignal.abort();
const settings = { pollers: 2, batchAgeMs: 20, partRows: 25, partAgeMs: 100 };

function run(changes: Partial<WorkerPorts> = {}, options: Partial<WorkerOptions> = {}): Promise<void> {
  return runWorker(
    { ...classifier, crops, results, ...changes },
    { ...settings, stop: stop.signal, inputEnded: ended, ...options },
  );
}

const send = (count: number) =>
  crops.send(Array.from({ length: count }, (_, index) => cropOf({ key: `${index}.jpg` })));

describe('the stages of the worker', () => {
  it('apply backpressure: while nothing can be stored, receiving stops once they are full', async () => {
    await send(2_000);
    const hanging = { append: () => new Promise<never>(() => {}) };
    const working = run({ results: hanging }, { graceMs: 0 });
    const parallel = 2;
    const writers = 2;
    // Two receives per poller; finished batches, the one being read and the one being filled; parts being written; and
    // one item read ahead by each gathering stage.
    const bound = 2 * 10 * settings.pollers + 8 * (parallel + 1 + 1 + 1) + settings.partRows * writers + 2;
    let received = 0;
    await eventually(
      async () => {
        const before = received;
        received = (await crops.depth()).inFlight;
        expect(received).toBeGreaterThan(settings.partRows * writers);
        expect(received).toBe(before);
      },
      { interval: 300 },
    );
    stop.abort();
    await working;
    expect(received).toBeLessThanOrEqual(bound);
  });

  it('run one batch per lane of the session in parallel', async () => {
    await send(32);
    let running = 0;
    const together = Promise.withResolvers<void>();
    const pairs: Session = {
      ...session,
      run: async (batch) => {
        running += 1;
        if (running === session.parallel) together.resolve();
        await together.promise;
        return session.run(batch);
      },
    };
    await run({ session: pairs });
    expect(results.rows).toHaveLength(32);
  });

  it('leave a row of an image on its last attempt when the worker dies over it', async () => {
    await send(1);
    const lost = { ...session, run: () => Promise.reject(new SessionLost('an inference thread failed')) };
    for (const rows of [0, 0, 1]) {
      await expect(run({ session: lost }, { recordFinalAttempts: true })).rejects.toThrow(SessionLost);
      expect(results.rows).toHaveLength(rows);
    }
    expect(results.rows).toMatchObject([{ key: '0.jpg', status: 'rejected', reason: 'abandoned' }]);
    expect(crops.deadLetters()).toHaveLength(1);
  });
});

describe('the accelerator is reported to wait for', () => {
  const { labels, outputs } = classifier.model.manifest;
  /** Takes no time on the fake clock: all of it passes in the delays of the tests. */
  const instant: Session = {
    ...session,
    run: async ({ size }) => ({
      probabilities: new Float32Array(size * labels.length),
      embeddings: new Float32Array(size * outputs.embeddingSize),
    }),
  };
  let laps: { readonly ms: number; readonly shares: Utilization }[];
  let lapStart: number;
  const observer = {
    holding: () => {},
    ran: () => {},
    stored: (_: unknown, __: unknown, shares: Utilization) => {
      const now = performance.now();
      laps.push({ ms: now - lapStart, shares });
      lapStart = now;
    },
  };
  beforeEach(() => {
    laps = [];
    vi.useFakeTimers();
    lapStart = performance.now();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  /** Runs a worker to its end on the fake clock. */
  const runObserved = async (changes: Partial<WorkerPorts>, options: Partial<WorkerOptions>) => {
    let running = true;
    const working = run({ session: instant, ...changes }, { observer, ...options }).finally(() => {
      running = false;
    });
    while (running) await vi.advanceTimersByTimeAsync(10);
    await working;
  };
  const delay = <T>(ms: number, value: T) => new Promise<T>((resolve) => setTimeout(resolve, ms, value));
  /** Share of the time until the last part was stored. */
  const share = (of: keyof Utilization) => {
    const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
    return sum(laps.map(({ ms, shares }) => ms * shares[of])) / sum(laps.map(({ ms }) => ms));
  };

  it('messages while the queue is empty', async () => {
    await send(1);
    const receive = crops.receive.bind(crops);
    vi.spyOn(crops, 'receive').mockImplementation(async (options) => {
      await delay(300, undefined);
      return receive(options);
    });
    await runObserved({}, {});
    expect(share('messages')).toBeGreaterThan(0.7);
  });

  it('a batch while it is not full', async () => {
    await send(1);
    setTimeout(() => stop.abort(), 1_000);
    await runObserved({}, { batchAgeMs: 400, partAgeMs: 1, inputEnded: never });
    expect(share('batch')).toBeGreaterThan(0.7);
  });

  it('the store while it is slow', async () => {
    await send(200);
    await runObserved({ results: { append: () => delay(100, undefined) } }, { partRows: 8 });
    expect(share('store')).toBeGreaterThan(0.7);
    expect(share('messages')).toBeLessThan(0.3);
  });

  it('acknowledgement while the queue is slow to delete', async () => {
    await send(200);
    vi.spyOn(crops, 'acknowledge').mockImplementation(() => delay(100, []));
    await runObserved({}, { partRows: 8 });
    expect(share('acknowledgement')).toBeGreaterThan(0.7);
    expect(share('store')).toBeLessThan(0.3);
  });

  it('pixels while packed crops are read', async () => {
    const pixels = cropOf().tensor.pixels;
    const envelopes = new MemoryQueue<CropEnvelope>({ visibilitySeconds: 60, maxAttempts: 3 });
    const objects = { readRange: () => delay(100, pixels) };
    const { tensor, ...rest } = cropOf();
    const { pixels: _, ...type } = tensor;
    const slice = { bucket: 'b', offset: 0, length: pixels.length };
    await envelopes.send(
      Array.from({ length: 40 }, (_, index) => ({
        ...rest,
        tensor: { ...type, slice: { ...slice, key: `${index}` } },
      })),
    );
    await runObserved({ crops: envelopes, objects }, {});
    expect(results.rows.map(({ status }) => status)).toEqual(new Array(40).fill('classified'));
    expect(share('pixels')).toBeGreaterThan(0.7);
  });
});

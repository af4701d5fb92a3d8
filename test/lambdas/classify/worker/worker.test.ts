import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { WorkerObserver } from '../../../../lambdas/classify/worker/observer.ts';
import { runWorker, type WorkerOptions } from '../../../../lambdas/classify/worker/worker.ts';
import type { CropMessage } from '../../../../shared/crops/crop-message.ts';
import { Failure } from '../../../../shared/failures/failure.ts';
import type { Session } from '../../../../shared/inference/session.ts';
import { SessionLost } from '../../../../shared/inference/session-lost.ts';
import { modelWithCropRule } from '../../../../shared/models/model-directory.ts';
import { MemoryQueue } from '../../../../shared/stores/local/memory-queue.ts';
import { cropOf } from '../../../support/crops.ts';
import { eventually } from '../../../support/eventually.ts';
import { failingSession } from '../../../support/failing-session.ts';
import { RecordingResults } from '../../../support/recording-results.ts';
import { openTinyClassifier } from '../../../support/tiny-classifier.ts';

const classifier = await openTinyClassifier({ threads: 2 });
const { model, session } = classifier;
let crops: MemoryQueue<CropMessage>;
let results: RecordingResults;

beforeEach(() => {
  crops = new MemoryQueue({ visibilitySeconds: 60, maxAttempts: 3 });
  results = new RecordingResults();
});

const never = new AbortController().signal;
const ports = () => ({ ...classifier, crops, results });
const options: WorkerOptions = {
  pollers: 2,
  batchAgeMs: 20,
  partRows: 25,
  partAgeMs: 60_000,
  stop: never,
  inputEnded: AbortSignal.abort(),
};
const keys = (count: number) => Array.from({ length: count }, (_, index) => `${index}.jpg`);

describe('the worker', () => {
  it('stores one row for every crop and acknowledges every message', async () => {
    await crops.send(keys(60).map((key) => cropOf({ key })));
    await runWorker(ports(), options);
    expect(results.rows.map(({ key }) => key).toSorted()).toEqual(keys(60).toSorted());
    expect(results.parts.map((part) => part.length)).toEqual([25, 25, 10]);
    expect(await crops.depth()).toEqual({ visible: 0, inFlight: 0 });
  });

  it('waits for crops until it is stopped, and writes a part that has waited long enough', async () => {
    const stop = new AbortController();
    const working = runWorker(ports(), { ...options, partAgeMs: 50, stop: stop.signal, inputEnded: never });
    await crops.send([cropOf({ key: 'early.jpg' })]);
    await eventually(() => expect(results.rows).toHaveLength(1));
    await crops.send([cropOf({ key: 'late.jpg' })]);
    await eventually(() => expect(results.rows).toHaveLength(2));
    stop.abort();
    await working;
    expect(await crops.depth()).toEqual({ visible: 0, inFlight: 0 });
  });

  it('returns every message when results cannot be stored', async () => {
    await crops.send(keys(60).map((key) => cropOf({ key })));
    results.fault = new Error('the disk is full');
    await expect(runWorker(ports(), options)).rejects.toThrow('the disk is full');
    expect(await crops.depth()).toEqual({ visible: 60, inFlight: 0 });
  });

  it('ends when results cannot be stored, even while it waits for more crops', async () => {
    results.fault = new Error('the disk is full');
    const working = runWorker(ports(), { ...options, partAgeMs: 10, inputEnded: never });
    await crops.send([cropOf()]);
    await expect(working).rejects.toThrow('the disk is full');
    expect(await crops.depth()).toEqual({ visible: 1, inFlight: 0 });
  });

  it('can acknowledge crops before their rows are stored, but none that failed', async () => {
    await crops.send(keys(60).map((key) => cropOf({ key })));
    results.fault = new Error('the disk is full');
    const waiting = { ...options, partRows: 60, acknowledgeScored: true };
    await expect(runWorker(ports(), waiting)).rejects.toThrow('the disk is full');
    expect(await crops.depth()).toEqual({ visible: 0, inFlight: 0 });

    results.fault = undefined;
    await crops.send([cropOf({ fill: 66 })]);
    await runWorker({ ...ports(), session: failingSession(session) }, waiting);
    expect(await crops.depth()).toEqual({ visible: 0, inFlight: 1 });
    expect(results.rows).toEqual([]);
  });

  it('survives an outage of the store', async () => {
    await crops.send(keys(10).map((key) => cropOf({ key })));
    results.fault = new Failure('unavailable', 'the store is unavailable');
    const working = runWorker(ports(), options);
    await eventually(() => expect(results.attempts).toBeGreaterThan(1));
    results.fault = undefined;
    await working;
    expect(results.rows).toHaveLength(10);
    expect(await crops.depth()).toEqual({ visible: 0, inFlight: 0 });
  });

  it('fails when the session is lost, and acknowledges nothing', async () => {
    const run = () => Promise.reject(new SessionLost('an inference thread failed'));
    await crops.send(keys(10).map((key) => cropOf({ key })));
    await expect(runWorker({ ...ports(), session: { ...session, run } }, options)).rejects.toThrow(SessionLost);
    const { visible, inFlight } = await crops.depth();
    expect(visible + inFlight).toBe(10);
  });

  it('rejects a crop of another model in its row and acknowledges it', async () => {
    await crops.send([cropOf(), { ...cropOf({ key: 'other.jpg' }), preprocess: 'f00d' }]);
    await runWorker(ports(), options);
    expect(results.rows.map(({ key, status, reason }) => [key, status, reason])).toEqual([
      ['a.jpg', 'classified', null],
      ['other.jpg', 'rejected', 'invalid_crop'],
    ]);
    expect(await crops.depth()).toEqual({ visible: 0, inFlight: 0 });
  });

  it('returns a crop on which the network failed, for a retry', async () => {
    await crops.send([cropOf({ fill: 66 })]);
    await runWorker({ ...ports(), session: failingSession(session) }, options);
    expect(results.rows).toEqual([]);
    expect(await crops.depth()).toEqual({ visible: 0, inFlight: 1 });
  });

  it('returns unfinished messages when its grace time is over, but none with stored rows', async () => {
    const stop = new AbortController();
    let runs = 0;
    const slow: Session = {
      ...session,
      parallel: 1,
      run: async (batch) => {
        runs += 1;
        if (runs > 1) await new Promise(() => {});
        return session.run(batch);
      },
    };
    await crops.send(keys(40).map((key) => cropOf({ key })));
    const working = runWorker(
      { ...ports(), session: slow },
      { ...options, partAgeMs: 10, stop: stop.signal, graceMs: 100, inputEnded: never },
    );
    await eventually(() => expect(results.rows).toHaveLength(8));
    stop.abort();
    await working;
    expect(await crops.depth()).toEqual({ visible: 32, inFlight: 0 });
  });

  it('finishes held messages when it is stopped, within its grace time', async () => {
    const stop = new AbortController();
    await crops.send(keys(40).map((key) => cropOf({ key })));
    const working = runWorker(ports(), { ...options, stop: stop.signal, graceMs: 10_000, inputEnded: never });
    await eventually(async () => expect((await crops.depth()).inFlight).toBeGreaterThan(0));
    stop.abort();
    await working;
    const { visible, inFlight } = await crops.depth();
    expect([results.rows.length + visible, inFlight]).toEqual([40, 0]);
    expect(results.rows.length).toBeGreaterThan(0);
  });

  it('returns every message when the session is lost', async () => {
    const run = () => Promise.reject(new SessionLost('an inference thread failed'));
    await crops.send(keys(10).map((key) => cropOf({ key })));
    await expect(runWorker({ ...ports(), session: { ...session, run } }, options)).rejects.toThrow(SessionLost);
    expect(await crops.depth()).toEqual({ visible: 10, inFlight: 0 });
  });

  it('reports the fill and close reason of batches, and the stored outcomes', async () => {
    const calls: string[] = [];
    const observer: WorkerObserver = {
      holding: () => {},
      ran: ({ images, fill, closed }) => calls.push(`ran ${images} ${fill} ${closed}`),
      stored: (outcomes, undeleted) => calls.push(`stored ${outcomes.length} ${undeleted}`),
    };
    await crops.send(keys(10).map((key) => cropOf({ key })));
    await runWorker({ ...ports(), session: { ...session, parallel: 1 } }, { ...options, observer });
    expect(calls).toEqual(['ran 8 1 size', 'ran 2 0.25 drain', 'stored 10 0']);
  });

  it.each([
    ['center', 10],
    ['ten', 6],
    ['multiscale', 1],
  ] as const)('requests only as many images at a time as it should hold: with %s crops, %i', async (rule, most) => {
    const receive = vi.spyOn(crops, 'receive');
    await runWorker({ ...ports(), model: modelWithCropRule(model, rule) }, options);
    const limits = receive.mock.calls.map(([{ max }]) => max);
    expect(new Set(limits)).toEqual(new Set([most]));
  });
});

import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openHealth } from '../../../../lambdas/classify/process/serve-health.ts';
import { noObserver } from '../../../../lambdas/classify/worker/observer.ts';
import { runWorker, type WorkerOptions } from '../../../../lambdas/classify/worker/worker.ts';
import type { CropMessage } from '../../../../shared/crops/crop-message.ts';
import { Failure } from '../../../../shared/failures/failure.ts';
import type { Session } from '../../../../shared/inference/session.ts';
import { MemoryQueue } from '../../../../shared/stores/local/memory-queue.ts';
import { cropOf } from '../../../support/crops.ts';
import { eventually } from '../../../support/eventually.ts';
import { RecordingResults } from '../../../support/recording-results.ts';
import { openTinyClassifier } from '../../../support/tiny-classifier.ts';

const classifier = await openTinyClassifier({ threads: 2 });
const { model, session } = classifier;
let crops: MemoryQueue<CropMessage>;
let results: RecordingResults;
let stop: AbortController;

beforeEach(() => {
  crops = new MemoryQueue({ visibilitySeconds: 60, maxAttempts: 3 });
  results = new RecordingResults();
  stop = new AbortController();
});

const never = new AbortController().signal;
const ports = () => ({ ...classifier, crops, results });
const options = (): WorkerOptions => ({
  pollers: 2,
  batchAgeMs: 20,
  partRows: 25,
  partAgeMs: 50,
  stop: stop.signal,
  inputEnded: never,
});
const send = (count: number) =>
  crops.send(Array.from({ length: count }, (_, index) => cropOf({ key: `${index}.jpg` })));

/** Makes each receive of the queue fail with the failure that `fault` returns, if any. */
function receives(fault: (receive: number) => Failure | undefined): void {
  const receive = crops.receive.bind(crops);
  let count = 0;
  vi.spyOn(crops, 'receive').mockImplementation(async (options) => {
    count += 1;
    const failure = fault(count);
    if (failure) throw failure;
    return receive(options);
  });
}

describe('a worker whose queue fails', () => {
  it('retries and reports it, even while the accelerator is busy', async () => {
    const retries: string[] = [];
    const slow: Session = {
      ...session,
      parallel: 1,
      run: async (batch) => {
        await new Promise((resolve) => setTimeout(resolve, 30));
        return session.run(batch);
      },
    };
    await send(60);
    receives((count) => (count > 3 && count < 8 ? new Failure('throttled', 'RequestThrottled') : undefined));
    const observer = {
      ...noObserver,
      retrying: (what: string, { reason }: Failure) => retries.push(`${what} ${reason}`),
    };
    const working = runWorker({ ...ports(), session: slow }, { ...options(), observer });
    await eventually(() => expect(results.rows).toHaveLength(60));
    stop.abort();
    await working;
    expect(retries).toEqual(Array(4).fill('receive throttled'));
    expect(await crops.depth()).toEqual({ visible: 0, inFlight: 0 });
  });

  it('ends on a permanent failure and returns held messages', async () => {
    await send(5);
    receives((count) => (count > 2 ? new Failure('object_gone', 'QueueDoesNotExist') : undefined));
    await expect(runWorker(ports(), { ...options(), partAgeMs: 60_000 })).rejects.toThrow('QueueDoesNotExist');
    expect(await crops.depth()).toEqual({ visible: 5, inFlight: 0 });
  });

  it('can be stopped during the outage', async () => {
    receives(() => new Failure('unavailable', 'ECONNREFUSED'));
    const working = runWorker(ports(), options());
    await eventually(() => expect(crops.receive).toHaveBeenCalledTimes(6));
    stop.abort();
    await working;
  });

  it('fails after a limited number of attempts', async () => {
    receives(() => new Failure('unavailable', 'ECONNREFUSED'));
    await expect(runWorker(ports(), { ...options(), attempts: 2 })).rejects.toThrow('ECONNREFUSED');
  });
});

describe('a worker whose store fails', () => {
  beforeEach(() => {
    results.fault = new Failure('throttled', 'SlowDown');
  });

  it('holds its messages, receives few more, and reports that it is stalled', async () => {
    const health = await openHealth({ port: 0, stalledAfterMs: 500 });
    onTestFinished(() => health.close());
    health.loaded({ provider: session.provider, model: model.id });
    const observer = { ...noObserver, holding: health.progress, ran: () => health.batch() };
    await send(500);
    const working = runWorker(ports(), { ...options(), recordFinalAttempts: true, graceMs: 0, observer });
    const readHealth = async () => (await fetch(`http://127.0.0.1:${health.port}/health`)).json();
    await eventually(async () =>
      expect(await readHealth()).toMatchObject({ reason: expect.stringMatching(/^stalled: /) }),
    );
    const { inFlight } = await crops.depth();
    expect(inFlight).toBeLessThan(250);
    results.fault = undefined;
    await eventually(() => expect(results.rows).toHaveLength(500));
    expect(await readHealth()).toMatchObject({ status: 'ok' });
    stop.abort();
    await working;
  });

  it('returns everything after it was stopped and its grace time is over', async () => {
    await send(20);
    const working = runWorker(ports(), { ...options(), graceMs: 100 });
    await eventually(() => expect(results.attempts).toBeGreaterThan(1));
    stop.abort();
    await working;
    expect(await crops.depth()).toEqual({ visible: 20, inFlight: 0 });
  });

  it('delays the last attempt of an image until its row is written', async () => {
    await send(1);
    const last = { ...ports(), maxAttempts: 1 };
    const run = vi.fn(session.run);
    const working = runWorker({ ...last, session: { ...session, run } }, { ...options(), recordFinalAttempts: true });
    await eventually(() => expect(results.attempts).toBeGreaterThan(2));
    expect(run).not.toHaveBeenCalled();
    results.fault = undefined;
    await eventually(() => expect(results.rows).toHaveLength(2));
    expect(results.rows.map(({ status }) => status)).toEqual(['rejected', 'classified']);
    stop.abort();
    await working;
  });
});

it('an abandoned worker returns held messages at once', async () => {
  await send(20);
  const abandon = new AbortController();
  const working = runWorker(ports(), { ...options(), partAgeMs: 60_000, abandon: abandon.signal });
  await eventually(async () => expect((await crops.depth()).inFlight).toBe(20));
  abandon.abort();
  await working;
  expect(await crops.depth()).toEqual({ visible: 20, inFlight: 0 });
});

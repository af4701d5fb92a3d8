import { setTimeout as sleep } from 'node:timers/promises';
import { pMapIterable } from 'p-map';
import type { CropEnvelope } from '../../../shared/crops/crop-envelope.ts';
import type { CropMessage } from '../../../shared/crops/crop-message.ts';
import { sqsLimits } from '../../../shared/events/sqs-limits.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { type Group, gather } from '../../../shared/flow/gather.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import { cropsPerImage } from '../../../shared/models/model-manifest.ts';
import type { Delivery, ResultsWriter } from '../../../shared/stores/ports.ts';
import { type ClassifyOutcome, classify } from '../classify.ts';
import type { WorkerPorts } from '../ports.ts';
import { readCrops } from '../read-crops.ts';
import { recordFinalAttempts } from '../record-final-attempts.ts';
import { AcceleratorClock } from '../telemetry/accelerator-clock.ts';
import { appendRows } from './append-rows.ts';
import { attemptKindOf, maxRowWaitMs, minBatchShare } from './attempt-kind.ts';
import { HeldMessages } from './held-messages.ts';
import { noObserver, type WorkerObserver } from './observer.ts';
import { receive } from './receive.ts';
import { storeOutcomes } from './store-outcomes.ts';

export interface WorkerOptions {
  /** Receives that are under way at the same time. */
  readonly pollers: number;
  /** A batch that is not full is run when its oldest crop has waited this long, milliseconds. */
  readonly batchAgeMs: number;
  /** Rows in a part of the results at most. */
  readonly partRows: number;
  /** A part that is not full is written when its oldest row has waited this long, milliseconds. */
  readonly partAgeMs: number;
  /** Aborted to stop receiving at once; what is held is finished, as far as `graceMs` allows. */
  readonly stop: AbortSignal;
  /** How long after `stop` what is held may take; the rest is then given back. @default for ever */
  readonly graceMs?: number;
  /** Aborted to end at once: nothing is finished, all that is held is given back. @default never */
  readonly abandon?: AbortSignal;
  /** How often a receive is tried, or the storing of a part, whose failures may pass. @default as often as it takes */
  readonly attempts?: number;
  /** Whether to write a row before an image is tried for the last time, see `recordFinalAttempts`. @default false */
  readonly recordFinalAttempts?: boolean;
  /** Aborted when no more crops will be sent: the worker ends once the queue has none to give. */
  readonly inputEnded: AbortSignal;
  /** @default nobody */
  readonly observer?: WorkerObserver;
}

/** Parts that are written at the same time, so that one is filled while another is on its way. */
const writers = 2;

/**
 * Receives crops, classifies them in batches, stores the rows and acknowledges the messages, until it is stopped or the
 * input has ended. The stages overlap, each holding back the one before it: while batches run, the next is gathered
 * and earlier rows are written. A message stays hidden while it is held, is acknowledged only after its rows are durable
 * and, however this ends, is otherwise given back at once. A queue or a store that fails for a while is waited for.
 *
 * @throws when results cannot be stored, or the queue fails, in a way that will not pass; {SessionLost}
 */
export async function runWorker(ports: WorkerPorts, options: WorkerOptions): Promise<void> {
  const { stop, graceMs, abandon, observer = noObserver } = options;
  const held = new HeldMessages(ports.crops, (count) => observer.holding(count));
  const halt = new AbortController();
  const patient = patientPorts(ports, { ...options, observer }, halt.signal);
  const work = runStages(patient, held, { ...options, observer, stop: AbortSignal.any([stop, halt.signal]) });
  const ends: Promise<void>[] = [work];
  if (graceMs !== undefined) ends.push(after(stop, graceMs, halt.signal));
  if (abandon !== undefined) ends.push(after(abandon, 0, halt.signal));
  try {
    await Promise.race(ends);
  } finally {
    halt.abort();
    await held.close();
    // Beyond the grace time it goes on by itself; its messages are somebody else's by then.
    work.catch(() => {});
  }
}

/**
 * The same ports, on which rows are stored in spite of failures that may pass: until then what is held stays held, and
 * little more is received. Work that goes on beyond the end of the worker is not retried.
 */
function patientPorts(
  ports: WorkerPorts,
  { attempts, observer }: Pick<WorkerOptions, 'attempts'> & { observer: WorkerObserver },
  signal: AbortSignal,
): WorkerPorts {
  const retrying = { attempts, signal, onFailure: (failure: Failure) => observer.retrying?.('store', failure) };
  const results: ResultsWriter = { append: (rows) => appendRows(rows, ports.results, retrying) };
  return { ...ports, results };
}

async function runStages(
  ports: WorkerPorts,
  held: HeldMessages,
  { observer, ...options }: WorkerOptions & { observer: WorkerObserver },
): Promise<void> {
  const { batchSize, session, maxAttempts } = ports;
  const clock = new AcceleratorClock({ lanes: session.parallel, writers });
  const timed: WorkerPorts = { ...ports, session: { ...session, run: (batch) => clock.run(() => session.run(batch)) } };
  const retrying = (what: 'receive' | 'read') => (failure: Failure) => observer.retrying?.(what, failure);
  const prepare = async (deliveries: readonly Delivery<CropEnvelope>[]) => {
    if (options.recordFinalAttempts) await recordFinalAttempts(deliveries, ports);
    return clock.read(() => readCrops(deliveries, ports, { signal: options.stop, onFailure: retrying('read') }));
  };
  const most = messagesAReceive(ports.model);
  const onFailure = retrying('receive');
  const deliveries = waitedFor(receive(held, { ...options, most, maxAttempts, prepare, onFailure }), (next) =>
    clock.receive(next),
  );
  const groups = gather(deliveries, {
    size: batchSize,
    maxAgeMs: options.batchAgeMs,
    weightOf: (delivery) =>
      Math.max(cropsOf(delivery), minBatchShare[attemptKindOf(delivery, maxAttempts)] * batchSize),
    laneOf: (delivery) => attemptKindOf(delivery, maxAttempts),
  });
  const batches = waitedFor(groups, (next) => clock.fill(next));
  const classified = pMapIterable(batches, (batch) => run(batch, timed, observer), {
    concurrency: session.parallel,
    backpressure: session.parallel + 1,
  });
  const done: Parameters<typeof storeOutcomes>[1]['crops'] = {
    attemptOf: (receipt) => held.attemptOf(receipt),
    acknowledge: (receipts) => clock.acknowledge(() => held.acknowledge(receipts)),
    setVisibility: (receipts, seconds) => clock.acknowledge(() => held.setVisibility(receipts, seconds)),
  };
  const parts = gather(each(classified), {
    size: options.partRows,
    maxAgeMs: ({ receipt }) => {
      const suspicion = attemptKindOf({ attempt: held.attemptOf(receipt) }, maxAttempts);
      return Math.min(options.partAgeMs, maxRowWaitMs[suspicion]);
    },
  });
  const stored = pMapIterable(
    parts,
    async ({ items }) => {
      const undeleted = await clock.store(() => storeOutcomes(items, { ...ports, crops: done }));
      observer.stored(items, undeleted, clock.lap());
    },
    { concurrency: writers, backpressure: writers },
  );
  for await (const _ of stored);
}

async function run(
  { items, closed }: Group<Delivery<CropMessage>>,
  ports: WorkerPorts,
  observer: WorkerObserver,
): Promise<readonly ClassifyOutcome[]> {
  const started = performance.now();
  const outcomes = await classify(items, ports);
  const crops = items.reduce((sum, item) => sum + cropsOf(item), 0);
  observer.ran({ images: items.length, fill: crops / ports.batchSize, closed, ms: performance.now() - started });
  return outcomes;
}

/** The same items; `wait` is given every wait for the next one. */
async function* waitedFor<T>(
  source: AsyncIterable<T>,
  wait: (next: () => Promise<IteratorResult<T>>) => Promise<IteratorResult<T>>,
): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await wait(() => iterator.next());
      if (done) return;
      yield value;
    }
  } finally {
    iterator.return?.().catch(() => {});
  }
}

async function after(stop: AbortSignal, ms: number, halt: AbortSignal): Promise<void> {
  const once = { once: true, signal: halt };
  if (!stop.aborted) await new Promise<unknown>((resolve) => stop.addEventListener('abort', resolve, once));
  await sleep(ms, undefined, { signal: halt }).catch(() => {});
}

async function* each(groups: AsyncIterable<readonly ClassifyOutcome[]>): AsyncGenerator<ClassifyOutcome> {
  for await (const group of groups) yield* group;
}

/** Crops that one receive may bring, unless a single image has more: 10 MB of 224 × 224. */
const cropsAReceive = 64;

/** As many messages as SQS gives at once, or fewer where each has many crops: they are held as soon as they come. */
function messagesAReceive({ manifest }: Model): number {
  const crops = cropsPerImage[manifest.preprocess.crop.rule];
  return Math.max(1, Math.min(sqsLimits.entries, Math.floor(cropsAReceive / crops)));
}

function cropsOf({ body }: Delivery<CropMessage>): number {
  return body instanceof Failure ? 1 : body.tensor.count;
}

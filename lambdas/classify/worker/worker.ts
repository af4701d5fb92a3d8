import { setTimeout as sleep } from 'node:timers/promises';
import { pMapIterable } from 'p-map';
import type { CropEnvelope } from '../../../shared/crops/crop-envelope.ts';
import { type CropMessage, cropsIn } from '../../../shared/crops/crop-message.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { type Group, gather } from '../../../shared/flow/gather.ts';
import { maxCropsPerImage } from '../../../shared/models/crops-of-image.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import { maxRegionsOf } from '../../../shared/models/regions-rule.ts';
import type { ResultsWriter } from '../../../shared/rows/results-writer.ts';
import { sqsLimits } from '../../../shared/stores/aws/sqs-limits.ts';
import type { Delivery } from '../../../shared/stores/ports.ts';
import { type ClassifyOutcome, classify } from '../classify.ts';
import type { WorkerPorts } from '../ports.ts';
import { readCrops } from '../read-crops.ts';
import { recordFinalAttempts } from '../record-final-attempts.ts';
import { AcceleratorClock } from './accelerator-clock.ts';
import { appendRows } from './append-rows.ts';
import { attemptKindOf, maxRowWaitMs, minBatchShare } from './attempt-kind.ts';
import { HeldMessages } from './held-messages.ts';
import { noObserver, type WorkerObserver } from './observer.ts';
import { receive } from './receive.ts';
import { reportRefusals } from './report-refusals.ts';
import { storeOutcomes } from './store-outcomes.ts';

export interface WorkerOptions {
  /** Parallel receives. */
  readonly pollers: number;
  /** A batch runs when its oldest crop has waited this long, even if it is not full, milliseconds. */
  readonly batchAgeMs: number;
  /** Maximum rows in a part of the results. */
  readonly partRows: number;
  /** A part is written when its oldest row has waited this long, even if it is not full, milliseconds. */
  readonly partAgeMs: number;
  /** Aborted to stop receiving; held messages are finished within `graceMs`. */
  readonly stop: AbortSignal;
  /** Time after `stop` to finish held messages; the rest is returned to the queue. @default unlimited */
  readonly graceMs?: number;
  /** Aborted to end at once and return all held messages. @default never */
  readonly abandon?: AbortSignal;
  /** Attempts of a receive or of storing a part, for transient failures. @default unlimited */
  readonly attempts?: number;
  /**
   * Whether to acknowledge a message once its row is computed instead of stored. For a queue that ends with this process: the
   * row is lost only with the message, whose pixels then take no memory while the row waits for its part. @default false
   */
  readonly acknowledgeScored?: boolean;
  /** Whether to write a row before the last attempt of an image, see `recordFinalAttempts`. @default false */
  readonly recordFinalAttempts?: boolean;
  /** Aborted when no more crops will be sent: the worker ends once the queue is empty. */
  readonly inputEnded: AbortSignal;
  readonly observer?: WorkerObserver;
}

/** Parts written in parallel, so that one fills while another is uploaded. */
const writers = 2;

/**
 * Receives crops, classifies them in batches, stores the rows and acknowledges the messages, until it is stopped or the
 * input has ended. The stages overlap, with backpressure: while batches run, the next one is gathered and earlier rows are
 * written. A message stays hidden while it is held. It is acknowledged after its rows are durable, and otherwise returned
 * to the queue, however the worker ends. Transient failures of the queue or the store are retried.
 *
 * @throws when results cannot be stored or the queue fails permanently; {SessionLost}
 */
export async function runWorker(ports: WorkerPorts, options: WorkerOptions): Promise<void> {
  const { stop, graceMs, abandon, observer = noObserver } = options;
  const crops = reportRefusals(ports.crops, (request, failure) => observer.refused?.(request, failure));
  const held = new HeldMessages(crops, (count) => observer.holding(count));
  const halt = new AbortController();
  const retryingPorts = portsWithRetries(ports, { ...options, observer }, halt.signal);
  const work = runStages(retryingPorts, held, { ...options, observer, stop: AbortSignal.any([stop, halt.signal]) });
  const ends: Promise<void>[] = [work];
  if (graceMs !== undefined) ends.push(after(stop, graceMs, halt.signal));
  if (abandon !== undefined) ends.push(after(abandon, 0, halt.signal));
  try {
    await Promise.race(ends);
  } finally {
    halt.abort();
    await held.close();
    // After the grace time the work may continue, but its messages have been returned.
    work.catch(() => {});
  }
}

/**
 * Ports that retry storing rows on transient failures: meanwhile messages stay held and few more are received. Work that
 * continues after the end of the worker is not retried.
 */
function portsWithRetries(
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
  const { session, maxAttempts } = ports;
  const clock = new AcceleratorClock({ lanes: session.parallel, writers });
  const timed: WorkerPorts = { ...ports, session: { ...session, run: (batch) => clock.run(() => session.run(batch)) } };
  const retrying = (request: 'receive' | 'read') => (failure: Failure) => observer.retrying?.(request, failure);
  const prepare = async (deliveries: readonly Delivery<CropEnvelope>[]) => {
    if (options.recordFinalAttempts) await recordFinalAttempts(deliveries, ports);
    return clock.read(() => readCrops(deliveries, ports, { signal: options.stop, onFailure: retrying('read') }));
  };
  const onFailure = retrying('receive');
  const deliveries = measureWaits(
    receive(held, {
      ...options,
      pollers: Math.min(options.pollers, maxPollers(ports.model)),
      ...{ maxMessages: messagesPerReceive(ports.model), maxAttempts, prepare, onFailure },
    }),
    (next) => clock.receive(next),
  );
  const size = groupSize(ports);
  const groups = gather(deliveries, {
    size,
    maxAgeMs: options.batchAgeMs,
    weightOf: (delivery) => Math.max(cropsOf(delivery), minBatchShare[attemptKindOf(delivery, maxAttempts)] * size),
    laneOf: (delivery) => attemptKindOf(delivery, maxAttempts),
  });
  const batches = measureWaits(groups, (next) => clock.fill(next));
  const classified = pMapIterable(
    batches,
    async (batch) => {
      const outcomes = await run(batch, timed, observer);
      if (options.acknowledgeScored) await held.acknowledge(receiptsOfRows(outcomes));
      return outcomes;
    },
    { concurrency: session.parallel, backpressure: session.parallel + 1 },
  );
  const done: Parameters<typeof storeOutcomes>[1]['crops'] = {
    attemptOf: (receipt) => held.attemptOf(receipt),
    acknowledge: (receipts) => clock.acknowledge(() => held.acknowledge(receipts)),
    setVisibility: (receipts, seconds) => clock.acknowledge(() => held.setVisibility(receipts, seconds)),
  };
  const parts = gather(flatten(classified), {
    size: options.partRows,
    maxAgeMs: ({ receipt }) => {
      const kind = attemptKindOf({ attempt: held.attemptOf(receipt) }, maxAttempts);
      return Math.min(options.partAgeMs, maxRowWaitMs[kind]);
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
  const fill = crops / (Math.ceil(crops / ports.batchSize) * ports.batchSize);
  observer.ran({ images: items.length, fill, closed, ms: performance.now() - started });
  return outcomes;
}

function receiptsOfRows(outcomes: readonly ClassifyOutcome[]): string[] {
  return outcomes.filter(({ failure }) => failure === undefined).map(({ receipt }) => receipt);
}

/** Yields the items of `source`; each wait for the next one runs inside `wait`. */
async function* measureWaits<T>(
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

async function* flatten(groups: AsyncIterable<readonly ClassifyOutcome[]>): AsyncGenerator<ClassifyOutcome> {
  for await (const group of groups) yield* group;
}

/** Maximum crops per receive, unless a single image has more: 10 MB of 224 × 224 crops. */
const cropsPerReceive = 64;
/** Maximum crops that all pollers receive at the same time: 300 MB of 224 × 224 crops. */
const cropsPerPollers = 2048;
/** Images with regions are classified in groups of this many batches: of the last batch of a group a part is empty. */
const batchesPerGroup = 4;

/** The maximum that SQS allows, or fewer if each message has many crops: all of them are in memory at once. */
function messagesPerReceive({ manifest }: Model): number {
  const crops = maxCropsPerImage(manifest.preprocess);
  return Math.max(1, Math.min(sqsLimits.entries, Math.floor(cropsPerReceive / crops)));
}

function maxPollers({ manifest }: Model): number {
  return Math.max(1, Math.floor(cropsPerPollers / maxCropsPerImage(manifest.preprocess)));
}

/** Crops of the images that are classified together. */
function groupSize({ model, batchSize }: Pick<WorkerPorts, 'model' | 'batchSize'>): number {
  return maxRegionsOf(model.manifest.preprocess) === 0 ? batchSize : batchesPerGroup * batchSize;
}

function cropsOf({ body }: Delivery<CropMessage>): number {
  return body instanceof Failure ? 1 : cropsIn(body);
}

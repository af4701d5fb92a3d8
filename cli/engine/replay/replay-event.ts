import { classifyHandler } from '../../../lambdas/classify/handler.ts';
import { runWorker } from '../../../lambdas/classify/worker/worker.ts';
import { ingestHandler } from '../../../lambdas/ingest/handler.ts';
import type { IngestOutcome } from '../../../lambdas/ingest/ingest.ts';
import { type IngestPorts, untraced } from '../../../lambdas/ingest/ports.ts';
import { type SkipReason, skipReasons } from '../../../lambdas/ingest/skip-events.ts';
import type { BatchResponse } from '../../../shared/events/sqs-event.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { decodePool } from '../../../shared/images/decode/decode-pool.ts';
import type { ResultRow } from '../../../shared/rows/row.ts';
import type { ObjectStore, ResultsWriter } from '../../../shared/stores/ports.ts';
import { localLimits, type OpenedPipeline } from '../run/open-pipeline.ts';
import { openMemoryCrops } from '../run/run-pipeline.ts';
import type { CapturedEvent } from './captured-event.ts';
import { classifyFault, explainFailures, type FailedMessage, ingestFault } from './failed-messages.ts';

export interface Replayed {
  readonly handler: CapturedEvent['handler'];
  readonly messages: number;
  /** What the handler answered: the messages that the queue would deliver again. */
  readonly response: BatchResponse;
  /** Why, message by message, in the order of the response. */
  readonly failures: readonly FailedMessage[];
  /** Every row that was stored. */
  readonly rows: readonly ResultRow[];
  /** Events that are no work, by why: see `SkipReason`. */
  readonly leftOut: Readonly<Partial<Record<SkipReason, number>>>;
}

/** Deliveries of a message in a deployed queue; a replayed event carries its own count. */
const maxAttempts = 3;
const batchSize = 8;
const now = () => new Date();

/**
 * Hands an event to the handler that it was captured at, on local adapters; crops that come of it are classified too.
 * @param objects where the buckets that the event names are found
 */
export async function replayEvent(
  { event, messages, handler }: CapturedEvent,
  objects: ObjectStore,
  { model, store, session: loading, results: stored }: Pick<OpenedPipeline, 'model' | 'store' | 'session' | 'results'>,
): Promise<Replayed> {
  const rows: ResultRow[] = [];
  let storeFault: unknown;
  const results: ResultsWriter = {
    async append(more) {
      await stored.append(more).catch((error: unknown) => {
        storeFault = error;
        throw error;
      });
      rows.push(...more);
    },
  };
  const session = await loading;
  const classifyPorts = { model, session, batchSize, objects, results, maxAttempts, now };
  if (handler === 'classify') {
    const response = await classifyHandler(classifyPorts)(event);
    const failures = await explainFailures(event, response, (record) => classifyFault(record, classifyPorts));
    return { handler, messages, response, failures, rows, leftOut: {} };
  }
  const stop = new AbortController().signal;
  const crops = openMemoryCrops(Infinity, stop);
  const ingestPorts: IngestPorts = {
    objects,
    crops,
    results,
    model: { id: model.id, preprocess: model.preprocess, rule: model.manifest.preprocess },
    limits: localLimits,
    outputs: [store],
    requestedPrefix: '',
    pool: { ...decodePool(1, localLimits), concurrency: 1 }, // one image at a time, so that a debugger can follow
    trace: untraced,
    maxAttempts,
    now,
  };
  let leftOut: Replayed['leftOut'] = {};
  const response = await ingestHandler(ingestPorts, (outcomes) => {
    leftOut = countSkipped(outcomes);
  })(event);
  const failures = await explainFailures(
    event,
    response,
    async (record) =>
      (await ingestFault(record, { ...ingestPorts, crops: openMemoryCrops(Infinity, stop) })) ??
      (storeFault === undefined ? undefined : Failure.from(storeFault)),
  );
  const options = { pollers: 2, batchAgeMs: 0, partRows: 4096, partAgeMs: 0, stop, inputEnded: AbortSignal.abort() };
  await runWorker({ ...classifyPorts, crops }, options);
  return { handler, messages, response, failures, rows, leftOut };
}

function countSkipped(outcomes: readonly IngestOutcome[]): Replayed['leftOut'] {
  const counts: Partial<Record<SkipReason, number>> = {};
  for (const { outcome } of outcomes.flatMap(({ events }) => events)) {
    const skipped = skipReasons.find((kind) => kind === outcome);
    if (skipped) counts[skipped] = (counts[skipped] ?? 0) + 1;
  }
  return counts;
}

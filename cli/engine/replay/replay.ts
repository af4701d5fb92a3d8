import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { classifyHandler } from '../../../lambdas/classify/handler.ts';
import { runWorker } from '../../../lambdas/classify/worker/worker.ts';
import { ingestHandler } from '../../../lambdas/ingest/handler.ts';
import type { IngestOutcome } from '../../../lambdas/ingest/ingest.ts';
import { type IngestPorts, untraced } from '../../../lambdas/ingest/ports.ts';
import { type SkipReason, skipReasons } from '../../../lambdas/ingest/skip-events.ts';
import type { ModelHooks } from '../../../model/catalog/open-catalog-model.ts';
import { maxAttempts } from '../../../shared/deployment/defaults.ts';
import type { BatchResponse } from '../../../shared/events/sqs-event.ts';
import type { Failure, FailureReason } from '../../../shared/failures/failure.ts';
import { firstIssue } from '../../../shared/failures/first-issue.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { openCropper } from '../../../shared/images/cropper/image-cropper.ts';
import { decodePool } from '../../../shared/images/decode/decode-pool.ts';
import type { Session } from '../../../shared/inference/session.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import { ResultsStore } from '../../../shared/rows/results-store.ts';
import type { ResultsWriter } from '../../../shared/rows/results-writer.ts';
import type { ResultRow } from '../../../shared/rows/row.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import type { ObjectStore } from '../../../shared/stores/ports.ts';
import { localLimits } from '../local-limits.ts';
import { type OpenedLocation, openStore } from '../locations.ts';
import { openModel } from '../models/open-model.ts';
import { inPreparedStore } from '../prepared-store.ts';
import { openMemoryCrops } from '../run/pipeline-crops.ts';
import type { PipelineOptions } from '../run/run.ts';
import { withSession } from '../with-session.ts';
import { type CapturedEvent, type InvalidRecord, readCapturedEvent } from './captured-event.ts';

export interface ReplayOptions extends PipelineOptions {
  /** Folder with a folder per bucket. @default `objects` next to the event */
  readonly objects?: string;
}

export interface Replayed {
  readonly handler: CapturedEvent['handler'];
  readonly messages: number;
  /** Answer of the handler: the messages that the queue would deliver again. */
  readonly response: BatchResponse;
  /** Why, per message, in the order of the response. */
  readonly failures: readonly FailedMessage[];
  /** Every row that was stored. */
  readonly rows: readonly ResultRow[];
  /** Every invalid record of a message with several. The failure of its message names only the first. */
  readonly invalidRecords: readonly InvalidRecord[];
  /** Every event that leaves no row. */
  readonly skipped: readonly SkippedEvent[];
  /** Number of skipped events by reason. */
  readonly leftOut: Readonly<Partial<Record<SkippedEvent['reason'], number>>>;
}

/** An event that leaves no row. */
export interface SkippedEvent {
  /** `other_event`: neither an upload nor a deletion; see `SkipReason` for the others. */
  readonly reason: SkipReason | 'other_event';
  /** The key of its object, or the name of another event. */
  readonly name: string;
}

/** A message that the queue would deliver again. */
interface FailedMessage {
  readonly messageId: string;
  readonly reason: FailureReason;
  readonly message: string;
}

const batchSize = 8;
const now = () => new Date();

/**
 * Passes a captured event to its handler, on local adapters; crops that ingest makes are classified too.
 * @throws {UserError} for an event, model or folder that cannot be read
 */
export async function replay(
  path: string,
  options: ReplayOptions,
  onSession: (session: Session) => void,
  models?: ModelHooks,
): Promise<Replayed> {
  const captured = await readCapturedEvent(path);
  const root = resolve(options.objects ?? join(dirname(path), 'objects'));
  const isFolder = await stat(root).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (!isFolder && captured.readsObjects) {
    throw new UserError(`no such folder: ${root}; give --objects, a folder that contains a folder per bucket`);
  }
  const opened = await openStore(options);
  const { model } = await openModel(options.model, { crops: options.crops, regions: options.regions, hooks: models });
  const objects = new FolderStore({ root, escapes: false });
  const rows: ResultRow[] = [];
  const outcome = await inPreparedStore(opened, (store) => {
    const stored = new ResultsStore(store.objects, store);
    const results: ResultsWriter = {
      async append(more) {
        await stored.append(more);
        rows.push(...more);
      },
    };
    return withSession(model, options, onSession, async (session) =>
      runHandler(captured, { model, session: await session, objects, results, store }),
    );
  });
  const others = captured.otherEvents.map((name): SkippedEvent => ({ reason: 'other_event', name }));
  const skipped = [...outcome.skipped, ...others];
  const leftOut = Object.fromEntries(
    Map.groupBy(skipped, ({ reason }) => reason)
      .entries()
      .map(([reason, { length }]) => [reason, length]),
  );
  const { handler, messages, invalidRecords } = captured;
  const { response, failures } = outcome;
  return { handler, messages, response, failures, rows, invalidRecords, skipped, leftOut };
}

interface ReplayPorts {
  readonly model: Model;
  readonly session: Session;
  readonly objects: ObjectStore;
  readonly results: ResultsWriter;
  readonly store: OpenedLocation;
}

async function runHandler(
  { event, handler }: CapturedEvent,
  { store, ...ports }: ReplayPorts,
): Promise<Pick<Replayed, 'response' | 'failures' | 'skipped'>> {
  const { model, objects, results } = ports;
  const classifyPorts = { ...ports, batchSize, maxAttempts, now };
  let failures: FailedMessage[] = [];
  if (handler === 'classify') {
    const classify = classifyHandler(classifyPorts, (outcomes) => {
      failures = failedMessages(outcomes);
    });
    return { response: await classify(event), failures, skipped: [] };
  }
  const crops = openMemoryCrops(Infinity, new AbortController().signal);
  const rule = model.manifest.preprocess;
  const pool = decodePool(1, { ...localLimits, concurrency: 1 }); // in order, so that a debugger can follow
  const cropper = openCropper({ rule, limits: localLimits, pool });
  const ingestPorts: IngestPorts = {
    objects,
    crops,
    results,
    model: { id: model.id, preprocess: model.preprocess, rule },
    limits: localLimits,
    outputs: [store],
    requestedPrefix: '',
    pool,
    cropper,
    trace: untraced,
    maxAttempts,
    now,
  };
  let skipped: readonly SkippedEvent[] = [];
  const ingest = ingestHandler(ingestPorts, (outcomes) => {
    failures = failedMessages(outcomes);
    skipped = skippedEvents(outcomes);
  });
  const response = await ingest(event).finally(() => cropper.close());
  const stop = new AbortController().signal;
  const options = { pollers: 2, batchAgeMs: 0, partRows: 4096, partAgeMs: 0, stop, inputEnded: AbortSignal.abort() };
  await runWorker({ ...classifyPorts, crops }, options);
  return { response, failures, skipped };
}

function failedMessages(outcomes: readonly { receipt: string; failure?: Failure }[]): FailedMessage[] {
  return outcomes.flatMap(({ receipt, failure }) =>
    failure ? [{ messageId: receipt, reason: failure.reason, message: firstIssue(failure) }] : [],
  );
}

function skippedEvents(outcomes: readonly IngestOutcome[]): SkippedEvent[] {
  return outcomes
    .flatMap(({ events }) => events)
    .flatMap(({ event, outcome }) => {
      const reason = skipReasons.find((kind) => kind === outcome);
      return reason === undefined ? [] : [{ reason, name: event.key }];
    });
}

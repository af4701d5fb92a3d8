/**
 * The AWS handlers, for your own Lambda functions.
 * @module inception-batch/lambdas
 */
import { checkNode } from '../shared/deployment/check-node.ts';
import { readEnvironment } from '../shared/deployment/environment.ts';
import { setProcessDefaults } from '../shared/deployment/process-defaults.ts';
import type { BatchResponse } from '../shared/events/sqs-event.ts';
import { Failure, type FailureReason } from '../shared/failures/failure.ts';
import { once } from '../shared/flow/once.ts';
import type { ResultsWriter } from '../shared/rows/results-writer.ts';
import type { ObjectStore } from '../shared/stores/ports.ts';
import type { Outcome } from './ingest/event-work.ts';

checkNode();

export type { BatchResponse, FailedMessage } from '../shared/events/sqs-event.ts';
export { Failure, type FailureReason } from '../shared/failures/failure.ts';
export { UserError } from '../shared/failures/user-error.ts';
export type { ResultsWriter } from '../shared/rows/results-writer.ts';
export type { ClassifiedRow, DeletedRow, RejectedRow, ResultRow, ScoredLabel } from '../shared/rows/row.ts';
export type { ByteRange, ListedObject, ObjectAddress, ObjectStore, StoredObject } from '../shared/stores/ports.ts';

/**
 * Settings of a function, by the names in `docs/deploy.md`; usually `process.env`. The AWS SDK's own variables, such as
 * AWS_REGION, are read from the process.
 */
export type FunctionEnvironment = Readonly<Record<string, string | undefined>>;

/** What happened to one image of the uploads queue. */
export interface IngestedImage {
  readonly bucket: string;
  readonly key: string;
  /**
   * `sent` to the classifier, `rejected` with a row, `retried` after its message is delivered again, `deleted` with a mark,
   * or `skipped`: no image, or known.
   */
  readonly outcome: 'sent' | 'rejected' | 'retried' | 'deleted' | 'skipped';
  /** Why it was rejected, or is tried again. */
  readonly reason?: FailureReason | undefined;
  /** Whether its message goes back to the queue. */
  readonly willRetry: boolean;
}

/** Parts of the ingest function that you may replace. */
export interface IngestParts {
  /** Replaces the S3 store from which images are read. */
  readonly objects?: ObjectStore | undefined;
  /** Wraps or replaces the writer of rejected and deleted rows, which gets at least one row a call. @default writes Parquet files to RESULTS */
  readonly results?: ((parquet: ResultsWriter) => ResultsWriter) | undefined;
  /**
   * Called for each image of a batch, before its messages are acknowledged. If it throws, the whole batch is delivered and
   * sent again.
   */
  readonly onImage?: ((image: IngestedImage) => void) | undefined;
}

/** Parts of the classify function that you may replace. */
export interface ClassifyParts {
  /**
   * Wraps or replaces the writer of rows, for example to also notify a service. A message is acknowledged when `append` has
   * resolved; if it rejects, the whole batch is delivered again. `append` gets at least one row a call.
   * @default writes Parquet files to RESULTS
   */
  readonly results?: ((parquet: ResultsWriter) => ResultsWriter) | undefined;
}

/** A function on Lambda for a batch of an SQS queue, with partial batch responses. */
export type BatchHandler = (event: unknown, context?: unknown) => Promise<BatchResponse>;

/**
 * Opens the ingest function: it receives messages of the uploads queue, decodes and crops the images, and sends the crops
 * to the crops queue. Open it once, outside of the handler.
 * @param environment MODEL_MANIFEST, CROPS_QUEUE_URL and RESULTS are required
 * @throws {@link UserError} naming every missing or invalid setting
 * @example
 * import { openIngestHandler } from 'inception-batch/lambdas';
 *
 * export const handler = await openIngestHandler(process.env, {
 *   onImage: ({ key, outcome }) => console.log(key, outcome),
 * });
 */
export async function openIngestHandler(
  environment: FunctionEnvironment,
  parts: IngestParts = {},
): Promise<BatchHandler> {
  setProcessDefaults();
  const [{ ingestEnvironment }, { openIngestPorts }, { ingestHandler }] = await Promise.all([
    import('./ingest/config.ts'),
    import('./ingest/open-ports.ts'),
    import('./ingest/handler.ts'),
  ]);
  const ports = await openIngestPorts(readEnvironment(ingestEnvironment, environment));
  const replaced = {
    ...ports,
    objects: parts.objects ?? ports.objects,
    results: writerOf(parts, ports.results),
  };
  return ingestHandler(replaced, (outcomes) => {
    for (const { event, outcome, willRetry } of outcomes.flatMap(({ events }) => events)) {
      parts.onImage?.({ bucket: event.bucket, key: event.key, willRetry, ...ingested(outcome, willRetry) });
    }
  });
}

/**
 * Opens the classify function: it receives crops, runs the model and writes rows. Open it once, outside of the handler.
 * @param environment MODEL, CROPS_QUEUE_URL and RESULTS are required
 * @returns a handler; if the runtime that holds the model is lost, the batch is delivered again, and the next call loads
 * the model again
 * @throws {@link UserError} naming every missing or invalid setting, or a model that cannot be read
 * @example
 * import { openClassifyHandler } from 'inception-batch/lambdas';
 *
 * export const handler = await openClassifyHandler(process.env, {
 *   results: (parquet) => ({
 *     async append(rows) {
 *       await parquet.append(rows);
 *       for (const row of rows) console.log(row.key, row.status);
 *     },
 *   }),
 * });
 */
export async function openClassifyHandler(
  environment: FunctionEnvironment,
  parts: ClassifyParts = {},
): Promise<BatchHandler> {
  setProcessDefaults();
  const [{ classifyEnvironment }, { openClassifyPorts }, { classifyHandler }, { SessionLost }] = await Promise.all([
    import('./classify/config.ts'),
    import('./classify/open-ports.ts'),
    import('./classify/handler.ts'),
    import('../shared/inference/session-lost.ts'),
  ]);
  const open = async () => {
    const ports = await openClassifyPorts(readEnvironment(classifyEnvironment, environment));
    return classifyHandler({ ...ports, results: writerOf(parts, ports.results) });
  };
  let current = once(open);
  await current();
  return async (event) => {
    const classify = await current();
    return classify(event).catch((error: unknown) => {
      if (error instanceof SessionLost) current = once(open);
      throw error;
    });
  };
}

/** A batch may have no row; a writer that notifies a service should not hear of it. */
function writerOf({ results }: Pick<IngestParts, 'results'>, parquet: ResultsWriter): ResultsWriter {
  const writer = results?.(parquet) ?? parquet;
  return { append: async (rows) => (rows.length === 0 ? undefined : writer.append(rows)) };
}

function ingested(outcome: Outcome, willRetry: boolean): Pick<IngestedImage, 'outcome' | 'reason'> {
  if (outcome instanceof Failure) return { outcome: willRetry ? 'retried' : 'rejected', reason: outcome.reason };
  return { outcome: outcome === 'sent' || outcome === 'deleted' ? outcome : 'skipped' };
}

import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { parseLambdaContext } from '../../shared/deployment/lambda-context.ts';
import { metricsNamespace } from '../../shared/deployment/metrics-namespace.ts';
import type { UploadEvent } from '../../shared/events/upload-event.ts';
import { Failure, type FailureReason } from '../../shared/failures/failure.ts';
import { loggableFailure } from '../../shared/failures/loggable-failure.ts';
import { imageDigest } from '../../shared/images/image.ts';
import type { EventOutcome, IngestOutcome } from './ingest.ts';
import type { IngestPorts } from './ports.ts';

export interface IngestTelemetry {
  readonly trace: IngestPorts['trace'];
  /** Takes the request's id from what Lambda hands over beside an event. */
  begin(context: unknown): void;
  /** Logs that something beside the images failed, with what kind of error it was. */
  warn(what: string, error: unknown): void;
  /** Logs and counts what became of a batch. */
  observe(outcomes: readonly IngestOutcome[]): void;
}

const serviceName = 'ingest';

/**
 * Structured logs, metrics in CloudWatch's embedded format and X-Ray traces. Keys of objects are people's data, as is the
 * job that is named for their first folder, and errors of S3 repeat them: a log line names an image by the digest of
 * its id, which the results hold in full, and the clients' requests are not traced one by one.
 */
export function openIngestTelemetry(): IngestTelemetry {
  const logger = new Logger({ serviceName });
  const metrics = new Metrics({ serviceName, namespace: metricsNamespace() });
  const tracer = new Tracer({ serviceName });
  return {
    trace(stage, work) {
      if (!tracer.isTracingEnabled()) return work();
      return new Promise((resolve, reject) => {
        tracer.provider.captureAsyncFunc(`## ${stage}`, async (segment) => {
          await work().then(resolve, reject);
          segment?.close();
        });
      });
    },
    begin(context) {
      const parsed = parseLambdaContext(context);
      if (parsed === undefined) return;
      logger.appendKeys({ function_request_id: parsed.awsRequestId });
      metrics.captureColdStartMetric(parsed.functionName);
    },
    warn(what, error) {
      logger.warn(what, { error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
    },
    observe(outcomes) {
      for (const { receipt, failure, events } of outcomes) {
        for (const { event, outcome, willRetry } of events) {
          if (outcome instanceof Failure)
            logger.warn('image failed', { image: digestOf(event), again: willRetry, ...loggableFailure(outcome) });
        }
        // Of no image that is told of above: a message that cannot be read, or whose rows cannot be stored.
        if (failure && !events.some(({ outcome }) => outcome === failure)) {
          logger.warn('message returned', { messageId: receipt, ...loggableFailure(failure) });
        }
      }
      const settled = outcomes.flatMap(({ events }) => events);
      logger.info('batch', { messages: outcomes.length, outcomes: counts(settled) });
      count(metrics, outcomes, settled);
      metrics.publishStoredMetrics();
    },
  };
}

function count(metrics: Metrics, outcomes: readonly IngestOutcome[], settled: readonly EventOutcome[]): void {
  const sent = settled.filter(({ outcome }) => outcome === 'sent');
  metrics.addMetric('ImagesSent', MetricUnit.Count, sent.length);
  metrics.addMetric('BytesRead', MetricUnit.Bytes, sum(sent.map(({ event }) => event.size ?? 0)));
  metrics.addMetric('MessagesReturned', MetricUnit.Count, outcomes.filter(({ failure }) => failure).length);
  const now = Date.now();
  for (const { event } of sent) {
    metrics.addMetric('UploadToCrops', MetricUnit.Milliseconds, Math.max(0, now - event.eventTime.getTime()));
  }
  for (const [name, willRetry] of [
    ['ImagesRejected', false],
    ['ImagesTriedAgain', true],
  ] as const) {
    const failed = settled.filter((event) => event.willRetry === willRetry);
    for (const [reason, { length }] of Map.groupBy(failed, reasonOf)) {
      if (reason) metrics.singleMetric().addDimension('reason', reason).addMetric(name, MetricUnit.Count, length);
    }
  }
}

function reasonOf({ outcome }: EventOutcome): FailureReason | undefined {
  return outcome instanceof Failure ? outcome.reason : undefined;
}

function counts(settled: readonly EventOutcome[]): Record<string, number> {
  const byOutcome: Record<string, number> = {};
  for (const { outcome } of settled) {
    const name = outcome instanceof Failure ? outcome.reason : outcome;
    byOutcome[name] = (byOutcome[name] ?? 0) + 1;
  }
  return byOutcome;
}

function digestOf({ bucket, key, versionId, etag = '' }: UploadEvent): string {
  return imageDigest({ bucket, key, etag, versionId });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

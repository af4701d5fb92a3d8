import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { Tracer } from '@aws-lambda-powertools/tracer';
import type { UploadEvent } from '../../shared/events/upload-event.ts';
import { Failure, type FailureReason } from '../../shared/failures/failure.ts';
import { imageDigest } from '../../shared/images/image.ts';
import { countRejections } from '../count-rejections.ts';
import { loggableFailure } from '../loggable-failure.ts';
import { openTelemetry, type Telemetry } from '../telemetry.ts';
import type { EventOutcome, IngestOutcome } from './ingest.ts';
import type { IngestPorts } from './ports.ts';

export interface IngestTelemetry extends Pick<Telemetry, 'begin'> {
  readonly trace: IngestPorts['trace'];
  /** Logs a failure that concerns no image. */
  warn(message: string, error: unknown): void;
  /** Logs and counts the outcomes of a batch. */
  observe(outcomes: readonly IngestOutcome[]): void;
}

/**
 * Log, metrics and X-Ray traces of the ingest function. Object keys are personal data, and so is the job, which is named
 * after their first folder. The log identifies an image by the digest of its id (the results hold the whole id), and
 * requests of the AWS clients are not traced.
 */
export function openIngestTelemetry(): IngestTelemetry {
  const serviceName = 'ingest';
  const { logger, metrics, begin } = openTelemetry(serviceName);
  const tracer = new Tracer({ serviceName });
  return {
    begin,
    trace(stage, work) {
      if (!tracer.isTracingEnabled()) return work();
      return new Promise((resolve, reject) => {
        tracer.provider.captureAsyncFunc(`## ${stage}`, async (segment) => {
          await work().then(resolve, reject);
          segment?.close();
        });
      });
    },
    warn(message, error) {
      logger.warn(message, { error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
    },
    observe(outcomes) {
      for (const { receipt, failure, events } of outcomes) {
        for (const { event, outcome, willRetry } of events) {
          if (!(outcome instanceof Failure)) continue;
          logger.warn('image failed', { image: digestOf(event), again: willRetry, ...loggableFailure(outcome) });
        }
        // A failure of the message and not of an image in it: it cannot be read, or its rows cannot be stored.
        if (failure && !events.some(({ outcome }) => outcome === failure)) {
          logger.warn('message returned', { messageId: receipt, ...loggableFailure(failure) });
        }
      }
      const events = outcomes.flatMap((outcome) => outcome.events);
      logger.info('batch', { messages: outcomes.length, outcomes: countByOutcome(events) });
      addMetrics(metrics, outcomes, events);
      metrics.publishStoredMetrics();
    },
  };
}

function addMetrics(metrics: Metrics, outcomes: readonly IngestOutcome[], events: readonly EventOutcome[]): void {
  const sent = events.filter(({ outcome }) => outcome === 'sent');
  const bytes = sent.reduce((sum, { event }) => sum + (event.size ?? 0), 0);
  // First: a hundred values, as of a whole batch, are published at once, and publishing nothing afterwards logs a warning.
  const now = Date.now();
  for (const { event } of sent) {
    metrics.addMetric('UploadToCrops', MetricUnit.Milliseconds, Math.max(0, now - event.eventTime.getTime()));
  }
  metrics.addMetric('ImagesSent', MetricUnit.Count, sent.length);
  const rejected = events.flatMap((event) => (event.willRetry ? [] : (reasonOf(event) ?? [])));
  metrics.addMetric('ImagesFinished', MetricUnit.Count, sent.length + rejected.length);
  metrics.addMetric('BytesRead', MetricUnit.Bytes, bytes);
  metrics.addMetric('MessagesReturned', MetricUnit.Count, outcomes.filter(({ failure }) => failure).length);
  for (const [name, willRetry] of [
    ['ImagesRejected', false],
    ['ImagesTriedAgain', true],
  ] as const) {
    const failed = events.filter((event) => event.willRetry === willRetry);
    for (const [reason, { length }] of Map.groupBy(failed, reasonOf)) {
      if (reason) metrics.singleMetric().addDimension('reason', reason).addMetric(name, MetricUnit.Count, length);
    }
  }
  countRejections(metrics, rejected);
}

function reasonOf({ outcome }: EventOutcome): FailureReason | undefined {
  return outcome instanceof Failure ? outcome.reason : undefined;
}

function countByOutcome(events: readonly EventOutcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of events) {
    const name = outcome instanceof Failure ? outcome.reason : outcome;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function digestOf({ bucket, key, versionId, etag = '' }: UploadEvent): string {
  return imageDigest({ bucket, key, etag, versionId });
}

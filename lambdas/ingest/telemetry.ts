import { createHash } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { Failure, type FailureReason } from '../../shared/failure.ts';
import { imageId } from '../../shared/image.ts';
import type { UploadEvent } from '../../shared/upload-event.ts';
import type { Ingested, SettledEvent } from './ingest.ts';
import type { IngestPorts } from './ports.ts';

export interface IngestTelemetry {
  readonly trace: IngestPorts['trace'];
  /** Logs and counts what became of a batch. */
  observe(outcomes: readonly Ingested[]): void;
}

const names = { serviceName: 'ingest', namespace: 'inception-batch' };

/**
 * Structured logs, metrics in CloudWatch's embedded format and X-Ray traces. Keys of objects are people's data and
 * errors of S3 repeat them: a log line names an image by the digest of its id, which the results hold in full.
 */
export function openTelemetry(): IngestTelemetry {
  const { serviceName, namespace } = names;
  const logger = new Logger({ serviceName });
  const metrics = new Metrics({ serviceName, namespace });
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
    observe(outcomes) {
      for (const { receipt, failure, events } of outcomes) {
        if (failure && events.length === 0) logger.warn('message returned', { messageId: receipt, ...told(failure) });
        for (const { event, outcome } of events) {
          if (outcome instanceof Failure) logger.warn('image failed', { ...describe(event), ...told(outcome) });
        }
      }
      const settled = outcomes.flatMap(({ events }) => events);
      logger.info('batch', { messages: outcomes.length, outcomes: counts(settled) });
      count(metrics, outcomes, settled);
      metrics.publishStoredMetrics();
    },
  };
}

function count(metrics: Metrics, outcomes: readonly Ingested[], settled: readonly SettledEvent[]): void {
  const sent = settled.filter(({ outcome }) => outcome === 'sent');
  metrics.addMetric('ImagesSent', MetricUnit.Count, sent.length);
  metrics.addMetric('BytesRead', MetricUnit.Bytes, sum(sent.map(({ event }) => event.size ?? 0)));
  metrics.addMetric('MessagesReturned', MetricUnit.Count, outcomes.filter(({ failure }) => failure).length);
  const now = Date.now();
  for (const { event } of sent) {
    metrics.addMetric('UploadToCrops', MetricUnit.Milliseconds, Math.max(0, now - event.eventTime.getTime()));
  }
  for (const [reason, failed] of failuresByReason(settled)) {
    metrics.singleMetric().addDimension('reason', reason).addMetric('ImagesFailed', MetricUnit.Count, failed);
  }
}

function failuresByReason(settled: readonly SettledEvent[]): Map<FailureReason, number> {
  const byReason = new Map<FailureReason, number>();
  for (const { outcome } of settled) {
    if (outcome instanceof Failure) byReason.set(outcome.reason, (byReason.get(outcome.reason) ?? 0) + 1);
  }
  return byReason;
}

function counts(settled: readonly SettledEvent[]): Record<string, number> {
  const byOutcome: Record<string, number> = {};
  for (const { outcome } of settled) {
    const name = outcome instanceof Failure ? outcome.reason : outcome;
    byOutcome[name] = (byOutcome[name] ?? 0) + 1;
  }
  return byOutcome;
}

function describe({ bucket, key, versionId, etag = '', job }: UploadEvent): { image: string; job: string } {
  const id = imageId({ bucket, key, etag, versionId });
  return { image: createHash('sha256').update(id).digest('hex').slice(0, 16), job };
}

/** A fault that nobody foresaw with where it happened, though not with its text. */
function told({ reason, cause }: Failure): { reason: FailureReason; stack?: string[] } {
  if (reason !== 'internal' || !(cause instanceof Error)) return { reason };
  const frames = (cause.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { reason, stack: [cause.name, ...frames.map((line) => line.trim())] };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

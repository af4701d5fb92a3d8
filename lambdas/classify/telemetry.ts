import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { FailureReason } from '../../shared/failure.ts';
import { describeUtilisation } from './accelerator-clock.ts';
import type { Classified } from './classify.ts';
import type { RunBatch, WorkerObserver } from './observer.ts';

const serviceName = 'classify';
const namespace = 'inception-batch';

export interface ClassifyTelemetry {
  readonly logger: Logger;
  readonly observer: WorkerObserver;
}

/**
 * Structured logs and metrics in CloudWatch's embedded format: with every part of the results what was in it, how full
 * the batches were and why they were closed, how long images took from upload to row, and what the accelerator waited
 * for. Neither keys of objects nor pixels are told.
 */
export function openTelemetry(): ClassifyTelemetry {
  const logger = new Logger({ serviceName });
  const metrics = new Metrics({ serviceName, namespace });
  let batches: RunBatch[] = [];
  return {
    logger,
    observer: {
      holding() {},
      ran(batch) {
        batches.push(batch);
      },
      stored(outcomes, undeleted, utilisation) {
        const failures = failuresByReason(outcomes);
        logger.info(describeUtilisation(utilisation), {
          classified: outcomes.filter(({ row }) => row?.status === 'classified').length,
          failures: Object.fromEntries(failures),
          batches: batches.length,
          closed: closedBy(batches),
          undeleted,
        });
        countOutcomes(metrics, outcomes);
        countBatches(metrics, batches);
        for (const [stage, share] of Object.entries(utilisation)) {
          metrics.addMetric(
            stage === 'busy' ? 'Busy' : `WaitedFor${capitalised(stage)}`,
            MetricUnit.Percent,
            share * 100,
          );
        }
        metrics.addMetric('MessagesUndeleted', MetricUnit.Count, undeleted);
        metrics.publishStoredMetrics();
        for (const [reason, count] of failures) {
          metrics.singleMetric().addDimension('reason', reason).addMetric('ImagesFailed', MetricUnit.Count, count);
        }
        batches = [];
      },
    },
  };
}

/** The median latency and the longest stand for all: the format takes a hundred values of a metric at most. */
function countOutcomes(metrics: Metrics, outcomes: readonly Classified[]): void {
  const now = Date.now();
  const rows = outcomes.flatMap(({ row }) => (row === undefined ? [] : [row]));
  metrics.addMetric('ImagesStored', MetricUnit.Count, rows.length);
  metrics.addMetric('MessagesReturned', MetricUnit.Count, outcomes.filter(({ failure }) => failure).length);
  const latencies = rows.map(({ event_time }) => Math.max(0, now - event_time.getTime())).toSorted((a, b) => a - b);
  for (const share of [0.5, 1]) {
    const latency = latencies[Math.ceil(latencies.length * share) - 1];
    if (latency !== undefined) metrics.addMetric('UploadToRow', MetricUnit.Milliseconds, latency);
  }
}

function countBatches(metrics: Metrics, batches: readonly RunBatch[]): void {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  metrics.addMetric('Batches', MetricUnit.Count, batches.length);
  if (batches.length === 0) return;
  metrics.addMetric('BatchFill', MetricUnit.Percent, mean(batches.map(({ fill }) => fill)) * 100);
  metrics.addMetric('BatchTime', MetricUnit.Milliseconds, mean(batches.map(({ ms }) => ms)));
  for (const [reason, count] of Object.entries(closedBy(batches))) {
    metrics.addMetric(`ClosedBy${capitalised(reason)}`, MetricUnit.Count, count);
  }
}

function closedBy(batches: readonly RunBatch[]): Record<RunBatch['closed'], number> {
  const counts = { size: 0, age: 0, drain: 0 };
  for (const { closed } of batches) counts[closed] += 1;
  return counts;
}

function failuresByReason(outcomes: readonly Classified[]): Map<FailureReason, number> {
  const counts = new Map<FailureReason, number>();
  for (const { row, failure } of outcomes) {
    const reason = failure?.reason ?? row?.reason ?? undefined;
    if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return counts;
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

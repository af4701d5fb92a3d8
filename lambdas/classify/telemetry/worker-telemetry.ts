import type { Logger } from '@aws-lambda-powertools/logger';
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { openTelemetry } from '../../telemetry.ts';
import { describeUtilization, waitReasons } from '../worker/accelerator-clock.ts';
import type { BatchRun, WorkerObserver } from '../worker/observer.ts';
import { countFailures, countOutcomes, failuresByReason, serviceName } from './count-outcomes.ts';
import { logFailures } from './log-failures.ts';

export interface WorkerTelemetry {
  readonly logger: Logger;
  readonly observer: WorkerObserver;
}

/**
 * Log and metrics of the worker, once per part of the results: its images, the batches with their fill and close reason, the
 * failures, the time from upload to row, and what the accelerator waited for. Object keys and pixels are never logged.
 */
export function openWorkerTelemetry(): WorkerTelemetry {
  const { logger, metrics } = openTelemetry(serviceName);
  let batches: BatchRun[] = [];
  return {
    logger,
    observer: {
      holding() {},
      ran(batch) {
        batches.push(batch);
      },
      stored(outcomes, undeleted, utilization) {
        logFailures(logger, outcomes);
        const failures = failuresByReason(outcomes);
        logger.info(describeUtilization(utilization), {
          classified: outcomes.filter(({ row }) => row?.status === 'classified').length,
          failures: Object.fromEntries(failures),
          batches: batches.length,
          closed: closedBy(batches),
          undeleted,
        });
        countOutcomes(metrics, outcomes);
        countBatches(metrics, batches);
        metrics.addMetric('Busy', MetricUnit.Percent, utilization.busy * 100);
        for (const wait of waitReasons) {
          metrics.addMetric(`WaitedFor${capitalized(wait)}`, MetricUnit.Percent, utilization[wait] * 100);
        }
        metrics.addMetric('MessagesUndeleted', MetricUnit.Count, undeleted);
        metrics.publishStoredMetrics();
        countFailures(metrics, outcomes);
        batches = [];
      },
    },
  };
}

function countBatches(metrics: Metrics, batches: readonly BatchRun[]): void {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  metrics.addMetric('Batches', MetricUnit.Count, batches.length);
  if (batches.length === 0) return;
  metrics.addMetric('BatchFill', MetricUnit.Percent, mean(batches.map(({ fill }) => fill)) * 100);
  metrics.addMetric('BatchTime', MetricUnit.Milliseconds, mean(batches.map(({ ms }) => ms)));
  for (const [reason, count] of Object.entries(closedBy(batches))) {
    metrics.addMetric(`ClosedBy${capitalized(reason)}`, MetricUnit.Count, count);
  }
}

function closedBy(batches: readonly BatchRun[]): Record<BatchRun['closed'], number> {
  const counts = { size: 0, age: 0, drain: 0 };
  for (const { closed } of batches) counts[closed] += 1;
  return counts;
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { FailureReason } from '../../../shared/failures/failure.ts';
import { countRejections } from '../../count-rejections.ts';
import type { ClassifyOutcome } from '../classify.ts';

export const serviceName = 'classify';

/**
 * Latency is reported as two metrics, median and maximum: the format allows a hundred values per metric, and statistics
 * over medians and maxima under one name would mean nothing.
 */
export function countOutcomes(metrics: Metrics, outcomes: readonly ClassifyOutcome[]): void {
  const now = Date.now();
  const rows = outcomes.flatMap(({ row }) => (row === undefined ? [] : [row]));
  metrics.addMetric('ImagesStored', MetricUnit.Count, rows.length);
  metrics.addMetric('MessagesReturned', MetricUnit.Count, outcomes.filter(({ failure }) => failure).length);
  const latencies = rows.map(({ event_time }) => Math.max(0, now - event_time.getTime())).toSorted((a, b) => a - b);
  for (const [name, share] of [
    ['UploadToRowMedian', 0.5],
    ['UploadToRowMax', 1],
  ] as const) {
    const latency = latencies[Math.ceil(latencies.length * share) - 1];
    if (latency !== undefined) metrics.addMetric(name, MetricUnit.Milliseconds, latency);
  }
}

export function failuresByReason(outcomes: readonly ClassifyOutcome[]): Map<FailureReason, number> {
  const counts = new Map<FailureReason, number>();
  for (const { row, failure } of outcomes) {
    const reason = failure?.reason ?? row?.reason ?? undefined;
    if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return counts;
}

/** One metric per reason, which is its dimension; and rejected images by fault. */
export function countFailures(metrics: Metrics, outcomes: readonly ClassifyOutcome[]): void {
  countRejections(
    metrics,
    outcomes.flatMap(({ row }) => (row?.status === 'rejected' && row.reason ? [row.reason] : [])),
  );
  for (const [reason, count] of failuresByReason(outcomes)) {
    metrics.singleMetric().addDimension('reason', reason).addMetric('ImagesFailed', MetricUnit.Count, count);
  }
}

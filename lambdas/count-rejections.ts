import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { alarmingFaults, type FailureReason, failureReasons } from '../shared/failures/failure.ts';

/**
 * Counts rejected images by the fault of their reason, which is a dimension. Zeros are counted too: an alarm on a share
 * would have no data without them.
 * @param reasons of the images that got a rejected row
 */
export function countRejections(metrics: Metrics, reasons: readonly FailureReason[]): void {
  for (const fault of alarmingFaults) {
    const count = reasons.filter((reason) => failureReasons[reason].fault === fault).length;
    metrics.singleMetric().addDimension('fault', fault).addMetric('ImagesRejected', MetricUnit.Count, count);
  }
}

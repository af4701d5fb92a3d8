import { Duration } from 'aws-cdk-lib';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { alarmingFaults } from '../shared/failures/failure.ts';
import type { AddAlarm } from './add-alarm.ts';
import type { PipelineMetrics } from './metrics.ts';

/** Rejected images in a quarter of an hour that are many, whatever their share is. */
const many = 1000;
/** Percent of the images that is large, if at least this many are rejected. */
const [largeShare, atLeast] = [10, 3];
const minutes = 15;
const period = Duration.minutes(minutes);

/**
 * Alarms for images that are rejected although they may be fine: ingest may not read them, or they do not fit the limits or
 * the model of this deployment. Their rows are final, and their messages gone: nothing else shows it. Each program reports
 * all metrics of its alarm together, zeros too, so that none is missing.
 */
export function addRejectionAlarms(add: AddAlarm, metrics: PipelineMetrics): void {
  for (const [service, total, id] of [
    ['ingest', 'ImagesFinished', 'IngestRejects'],
    ['classify', 'ImagesStored', 'ClassifyRejects'],
  ] as const) {
    const byFault = alarmingFaults.map((fault) => {
      return [fault, metrics.of({ service, name: 'ImagesRejected', fault, minutes })] as const;
    });
    const rejected = `(${alarmingFaults.join(' + ')})`;
    const isLarge = `${rejected} >= ${atLeast} AND 100 * ${rejected} >= ${largeShare} * total`;
    const alarming = new MathExpression({
      label: 'rejects',
      expression: `IF(${rejected} >= ${many} OR (${isLarge}), 1, 0)`,
      usingMetrics: { ...Object.fromEntries(byFault), total: metrics.of({ service, name: total, minutes }) },
      period,
    });
    add(alarming, 1, 1, {
      id,
      problem: `${many} images, or ${largeShare} % of them, were rejected by ${service} for access or deployment reasons.`,
      section: 'Images are rejected',
    });
  }
}

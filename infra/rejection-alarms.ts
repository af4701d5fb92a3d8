import { Duration } from 'aws-cdk-lib';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
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
 * the model of this deployment. Their rows are final, and their messages gone: nothing else shows it.
 */
export function addRejectionAlarms(add: AddAlarm, metrics: PipelineMetrics): void {
  const rejected = (service: 'ingest' | 'classify') => ({
    [`${service}Access`]: metrics.of({ service, name: 'ImagesRejected', fault: 'access', minutes }),
    [`${service}Deployment`]: metrics.of({ service, name: 'ImagesRejected', fault: 'deployment', minutes }),
  });
  const all = { ...rejected('ingest'), ...rejected('classify') };
  const sum = Object.keys(all).map((name) => `FILL(${name}, 0)`);
  const number = new MathExpression({ label: 'rejected', expression: sum.join(' + '), usingMetrics: all, period });
  add(number, many, 1, {
    id: 'ImagesAreRejected',
    problem: `${many} images were rejected within ${minutes} minutes for access or deployment reasons.`,
    section: 'Images are rejected',
  });
  for (const [service, total, id] of [
    ['ingest', 'ImagesFinished', 'IngestRejects'],
    ['classify', 'ImagesStored', 'ClassifyRejects'],
  ] as const) {
    const both = `(${service}Access + ${service}Deployment)`;
    const share = new MathExpression({
      label: 'rejected, %',
      expression: `IF(${both} >= ${atLeast}, 100 * ${both} / total, 0)`,
      usingMetrics: { ...rejected(service), total: metrics.of({ service, name: total, minutes }) },
      period,
    });
    add(share, largeShare, 1, {
      id,
      problem: `${largeShare} % of the images are rejected by ${service} for access or deployment reasons.`,
      section: 'Images are rejected',
    });
  }
}

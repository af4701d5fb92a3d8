import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { loggableFailure } from '../loggable-failure.ts';
import { openTelemetry, type Telemetry } from '../telemetry.ts';
import type { JobsObserver } from './handler.ts';

export interface JobsTelemetry extends Pick<Telemetry, 'begin'> {
  readonly observer: JobsObserver;
}

/** Log and metrics of the jobs function. Job names are personal data, as object keys are: neither is logged. */
export function openJobsTelemetry(): JobsTelemetry {
  const { logger, metrics, begin } = openTelemetry('jobs');
  return {
    begin,
    observer: {
      checked(parts, { completed, reopened, open, pending }) {
        logger.info('checked jobs', { parts, completed: completed.length, reopened: reopened.length, open, pending });
        metrics.addMetric('JobsCompleted', MetricUnit.Count, completed.length);
        metrics.addMetric('ImagesPending', MetricUnit.Count, pending);
        metrics.publishStoredMetrics();
      },
      failed(failure) {
        logger.error('messages returned', { ...loggableFailure(failure) });
      },
    },
  };
}

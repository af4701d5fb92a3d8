import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { openTelemetry, type Telemetry } from '../telemetry.ts';
import type { WatchObserver } from './handler.ts';

export interface WatchTelemetry extends Pick<Telemetry, 'begin'> {
  readonly observer: WatchObserver;
}

/** Log and metrics of the watch function. */
export function openWatchTelemetry(): WatchTelemetry {
  const { logger, metrics, begin } = openTelemetry('watch');
  const count = (name: string, value: number) => {
    metrics.addMetric(name, MetricUnit.Count, value);
    metrics.publishStoredMetrics();
  };
  return {
    begin,
    observer: {
      checkedNotifications(missing) {
        if (missing.length > 0) logger.error('notifications are missing', { events: missing });
        count('NotificationsMissing', missing.length);
      },
      workerFailed(worker) {
        logger.error('worker failed', { ...worker });
        count('WorkersFailed', 1);
      },
    },
  };
}

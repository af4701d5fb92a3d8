import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { parseLambdaContext } from '../../shared/deployment/lambda-context.ts';
import { metricsNamespace } from '../../shared/deployment/metrics-namespace.ts';
import { loggableFailure } from '../../shared/failures/loggable-failure.ts';
import type { JobsObserver } from './handler.ts';

export interface JobsTelemetry {
  /** Takes the request's id from what Lambda hands over beside an event. */
  begin(context: unknown): void;
  readonly observer: JobsObserver;
}

const serviceName = 'jobs';

/** A structured log and metrics. Names of jobs are people's data, as keys are: neither has any. */
export function openJobsTelemetry(): JobsTelemetry {
  const logger = new Logger({ serviceName });
  const metrics = new Metrics({ serviceName, namespace: metricsNamespace() });
  return {
    begin(context) {
      const parsed = parseLambdaContext(context);
      if (parsed === undefined) return;
      logger.appendKeys({ function_request_id: parsed.awsRequestId });
      metrics.captureColdStartMetric(parsed.functionName);
    },
    observer: {
      seen(parts, { completed, reopened, open, pending }) {
        logger.info('looked', { parts, completed: completed.length, reopened: reopened.length, open, pending });
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

import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { parseLambdaContext } from '../../../shared/deployment/lambda-context.ts';
import { metricsNamespace } from '../../../shared/deployment/metrics-namespace.ts';
import type { ClassifyOutcome } from '../classify.ts';
import { countFailures, countOutcomes, failuresByReason, serviceName } from './count-outcomes.ts';
import { logFailures } from './log-failures.ts';

export interface WorkerTelemetry {
  /** Takes the request's id from what Lambda hands over beside an event. */
  begin(context: unknown): void;
  /** Logs and counts what became of a batch whose rows are stored. */
  observe(outcomes: readonly ClassifyOutcome[]): void;
}

/** The classify function's structured log and metrics: the worker's, as far as they concern images and messages. */
export function openClassifyTelemetry(): WorkerTelemetry {
  const logger = new Logger({ serviceName });
  const metrics = new Metrics({ serviceName, namespace: metricsNamespace() });
  return {
    begin(context) {
      const parsed = parseLambdaContext(context);
      if (parsed === undefined) return;
      logger.appendKeys({ function_request_id: parsed.awsRequestId });
      metrics.captureColdStartMetric(parsed.functionName);
    },
    observe(outcomes) {
      logFailures(logger, outcomes, (receipt) => receipt);
      const failures = failuresByReason(outcomes);
      logger.info('batch', {
        messages: outcomes.length,
        classified: outcomes.filter(({ row }) => row?.status === 'classified').length,
        failures: Object.fromEntries(failures),
      });
      countOutcomes(metrics, outcomes);
      metrics.publishStoredMetrics();
      countFailures(metrics, failures);
    },
  };
}

import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { z } from 'zod';
import { metricsNamespace } from '../shared/deployment/metrics-namespace.ts';

/** A structured log, and metrics in CloudWatch's embedded format. */
export interface Telemetry {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Starts an invocation on Lambda: adds its request id to the log and counts a cold start. */
  begin(context: unknown): void;
}

const contextSchema = z.object({ awsRequestId: z.string(), functionName: z.string() });

export function openTelemetry(serviceName: string): Telemetry {
  const logger = new Logger({ serviceName });
  const metrics = new Metrics({ serviceName, namespace: metricsNamespace() });
  return {
    logger,
    metrics,
    begin(context) {
      const { data } = contextSchema.safeParse(context);
      if (data === undefined) return;
      logger.appendKeys({ function_request_id: data.awsRequestId });
      metrics.captureColdStartMetric(data.functionName);
    },
  };
}

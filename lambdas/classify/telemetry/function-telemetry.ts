import { openTelemetry, type Telemetry } from '../../telemetry.ts';
import type { ClassifyOutcome } from '../classify.ts';
import { countFailures, countOutcomes, failuresByReason, serviceName } from './count-outcomes.ts';
import { logFailures } from './log-failures.ts';

export interface ClassifyTelemetry extends Pick<Telemetry, 'begin'> {
  /** Logs and counts the outcomes of a batch whose rows are stored. */
  observe(outcomes: readonly ClassifyOutcome[]): void;
}

/** Log and metrics of the classify function: those of the worker that concern images and messages. */
export function openClassifyTelemetry(): ClassifyTelemetry {
  const { logger, metrics, begin } = openTelemetry(serviceName);
  return {
    begin,
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
      countFailures(metrics, outcomes);
    },
  };
}

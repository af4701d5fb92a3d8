import { Duration } from 'aws-cdk-lib';
import { MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { AddAlarm } from './add-alarm.ts';
import { period } from './metrics.ts';

export interface WatchedFunction {
  readonly function: IFunction;
  /** Beginning of the alarms' ids. */
  readonly name: string;
  /** Heading of the section in the runbook. */
  readonly section: string;
}

/** Alarms for a function that a queue invokes: it fails or is throttled. */
export function addFunctionAlarms(add: AddAlarm, watched: WatchedFunction): void {
  addFailureAlarm(add, watched);
  const { function: throttled, name } = watched;
  add(throttled.metricThrottles({ period, statistic: Stats.SUM }), 50, 10, {
    id: `${name}IsThrottled`,
    problem: `Lambda throttles the ${name.toLowerCase()} function: the account's concurrency is used up.`,
    section: 'A function is throttled',
  });
}

/** An alarm for a function that fails. */
export function addFailureAlarm(add: AddAlarm, { function: watched, name, section }: WatchedFunction): void {
  const window = Duration.minutes(15);
  // A message that failed is delivered again after half an hour: with few messages, errors in a row are hours apart.
  const failing = new MathExpression({
    label: 'failing',
    expression: 'IF(errors >= 3 OR (errors > 0 AND errors >= calls), 1, 0)',
    usingMetrics: {
      errors: watched.metricErrors({ period: window, statistic: Stats.SUM }),
      calls: watched.metricInvocations({ period: window, statistic: Stats.SUM }),
    },
    period: window,
  });
  add(failing, 1, 1, {
    id: `${name}Fails`,
    problem: `The ${name.toLowerCase()} function failed several times, or each time that it was called.`,
    section,
  });
}

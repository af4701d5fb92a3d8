import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { alarmingFaults } from '../shared/failures/failure.ts';

/** The period of all metrics: SQS reports once a minute. */
export const period = Duration.minutes(1);

/** Waiting and held messages. Scaling on waiting ones alone would end workers that still hold messages. */
export function backlogOf(queue: Queue): MathExpression {
  const name = queue.node.id;
  return new MathExpression({
    label: `${name}: waiting and held`,
    // SQS may report nothing while no message is held.
    expression: `visible${name} + FILL(held${name}, 0)`,
    usingMetrics: {
      [`visible${name}`]: queue.metricApproximateNumberOfMessagesVisible({ period, statistic: Stats.MAXIMUM }),
      [`held${name}`]: queue.metricApproximateNumberOfMessagesNotVisible({ period, statistic: Stats.MAXIMUM }),
    },
    period,
  });
}

/** Messages that were processed. */
export function processed(queue: Queue): Metric {
  return queue.metricNumberOfMessagesDeleted({ period, statistic: Stats.SUM, label: queue.node.id });
}

export function ageOfOldest(queue: Queue): Metric {
  return queue.metricApproximateAgeOfOldestMessage({ period, statistic: Stats.MAXIMUM, label: queue.node.id });
}

/**
 * Age of the oldest message in seconds, or 0 while the waiting messages are processed at a rate that empties the queue within
 * some hours. In a large job every message is old, and nothing is wrong.
 */
export function ageUnlessDraining(queue: Queue, hours: number): MathExpression {
  const quarter = Duration.minutes(15);
  const [age, waiting, deleted] = [`age${queue.node.id}`, `waiting${queue.node.id}`, `deleted${queue.node.id}`];
  return new MathExpression({
    label: `${queue.node.id}: age unless draining`,
    expression: `IF(${waiting} > 0 AND 15 * ${waiting} < ${hours * 60} * FILL(${deleted}, 0), 0, ${age})`,
    usingMetrics: {
      [age]: queue.metricApproximateAgeOfOldestMessage({ period: quarter, statistic: Stats.MAXIMUM }),
      [waiting]: queue.metricApproximateNumberOfMessagesVisible({ period: quarter, statistic: Stats.MAXIMUM }),
      [deleted]: queue.metricNumberOfMessagesDeleted({ period: quarter, statistic: Stats.SUM }),
    },
    period: quarter,
  });
}

/**
 * Minutes until a queue is empty, at the rate of the last 15 minutes: 0 if nothing waits, one day if messages wait and none
 * was processed.
 */
export function minutesToDrain(queue: Queue): MathExpression {
  const quarter = Duration.minutes(15);
  const [waiting, deleted] = [`waiting${queue.node.id}`, `deleted${queue.node.id}`];
  return new MathExpression({
    label: 'minutes until empty',
    expression: `IF(${waiting} > 0, IF(FILL(${deleted}, 0) > 0, 15 * ${waiting} / FILL(${deleted}, 0), 1440), 0)`,
    usingMetrics: {
      [waiting]: queue.metricApproximateNumberOfMessagesVisible({ period: quarter, statistic: Stats.MAXIMUM }),
      [deleted]: queue.metricNumberOfMessagesDeleted({ period: quarter, statistic: Stats.SUM }),
    },
    period: quarter,
  });
}

/** The number of dead letters. */
export function deadLetters(queue: Queue): Metric {
  return queue.metricApproximateNumberOfMessagesVisible({ period, statistic: Stats.MAXIMUM, label: queue.node.id });
}

export interface PipelineMetric {
  /** The program that reports the metric. */
  readonly service: 'ingest' | 'classify' | 'watch';
  readonly name: string;
  /** Only what is counted with this fault. */
  readonly fault?: (typeof alarmingFaults)[number];
  /** @default SUM */
  readonly statistic?: string;
  readonly label?: string;
  /** The period. @default 1 */
  readonly minutes?: number;
}

/** Metrics that the functions and workers report. */
export class PipelineMetrics {
  readonly #namespace: string;

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  of({ service, name, fault, statistic = Stats.SUM, label = name, minutes = 1 }: PipelineMetric): Metric {
    return new Metric({
      namespace: this.#namespace,
      metricName: name,
      dimensionsMap: { service, ...(fault === undefined ? {} : { fault }) },
      statistic,
      label,
      period: Duration.minutes(minutes),
    });
  }

  /** One line per reason. */
  byReason(service: PipelineMetric['service'], name: string): IMetric {
    return new MathExpression({
      label: '',
      expression: `SEARCH('{"${this.#namespace}",reason,service} MetricName="${name}" service="${service}"', 'Sum', 60)`,
      usingMetrics: {},
      period,
    });
  }
}

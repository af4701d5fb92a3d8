import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';

/** What alarms, scaling and the dashboard look at, each under one name. A minute is the finest that SQS gives. */
export const period = Duration.minutes(1);

/** Messages that wait and messages that are held: scaled on waiting ones alone, workers would leave those they hold. */
export function backlogOf(queue: Queue): MathExpression {
  const name = queue.node.id;
  return new MathExpression({
    label: `${name}: waiting and held`,
    // SQS need not report how many are held where none is.
    expression: `visible${name} + FILL(held${name}, 0)`,
    usingMetrics: {
      [`visible${name}`]: queue.metricApproximateNumberOfMessagesVisible({ period, statistic: Stats.MAXIMUM }),
      [`held${name}`]: queue.metricApproximateNumberOfMessagesNotVisible({ period, statistic: Stats.MAXIMUM }),
    },
    period,
  });
}

export function ageOfOldest(queue: Queue): Metric {
  return queue.metricApproximateAgeOfOldestMessage({ period, statistic: Stats.MAXIMUM, label: queue.node.id });
}

/**
 * Minutes until a queue is empty at the rate of the last quarter of an hour; none where nothing waits, and a day where
 * something waits and nothing is done.
 */
export function minutesToDrain(queue: Queue): MathExpression {
  const quarter = Duration.minutes(15);
  const [waiting, deleted] = [`waiting${queue.node.id}`, `deleted${queue.node.id}`];
  return new MathExpression({
    label: 'minutes until it is empty',
    expression: `IF(${waiting} > 0, IF(FILL(${deleted}, 0) > 0, 15 * ${waiting} / FILL(${deleted}, 0), 1440), 0)`,
    usingMetrics: {
      [waiting]: queue.metricApproximateNumberOfMessagesVisible({ period: quarter, statistic: Stats.MAXIMUM }),
      [deleted]: queue.metricNumberOfMessagesDeleted({ period: quarter, statistic: Stats.SUM }),
    },
    period: quarter,
  });
}

/** Dead letters that are kept. */
export function deadLetters(queue: Queue): Metric {
  return queue.metricApproximateNumberOfMessagesVisible({ period, statistic: Stats.MAXIMUM, label: queue.node.id });
}

export interface OwnMetric {
  /** `service` is the name under which a program of this project reports. */
  readonly service: 'ingest' | 'classify';
  readonly name: string;
  /** @default SUM */
  readonly statistic?: string;
  readonly label?: string;
}

/** Metrics that the functions and workers report themselves. */
export class OwnMetrics {
  readonly #namespace: string;

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  of({ service, name, statistic = Stats.SUM, label = name }: OwnMetric): Metric {
    return new Metric({
      namespace: this.#namespace,
      metricName: name,
      dimensionsMap: { service },
      statistic,
      label,
      period,
    });
  }

  /** One line a reason, whatever reasons there are. */
  byReason(service: OwnMetric['service'], name: string): IMetric {
    return new MathExpression({
      label: '',
      expression: `SEARCH('{"${this.#namespace}",reason,service} MetricName="${name}" service="${service}"', 'Sum', 60)`,
      usingMetrics: {},
      period,
    });
  }
}

import { Duration, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { ageOfOldest, deadLetters, minutesToDrain, period } from './metrics.ts';
import type { Queues } from './queues.ts';
import type { Settings } from './settings.ts';

/** Path of the runbook in the repository. It has a section for each alarm. */
export const runbook = 'docs/runbook.md';

export interface AlarmsProps {
  readonly settings: Settings;
  readonly queues: Queues;
  readonly ingest: IFunction;
  /** Undefined if workers classify. */
  readonly classify: IFunction | undefined;
  readonly compact: IFunction;
  readonly jobs: IFunction;
}

interface AlarmText {
  readonly id: string;
  /** One sentence about the problem. */
  readonly problem: string;
  /** Heading of the alarm's section in the runbook. */
  readonly section: string;
}

/** Alarms for people, published to a topic. Each links its section of the runbook. */
export class Alarms extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, { settings, queues, ingest, classify, compact, jobs }: AlarmsProps) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', { enforceSSL: true, displayName: `inception-batch ${settings.stage}` });
    // The policy of `enforceSSL` replaces the default policy, which lets services of the account publish.
    this.topic.grantPublish(
      new ServicePrincipal('cloudwatch.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    if (settings.alarmEmail) this.topic.addSubscription(new EmailSubscription(settings.alarmEmail));

    this.#above(ageOfOldest(queues.uploads), minutes(30), 3, {
      id: 'UploadsAreOld',
      problem: 'An upload has waited for half an hour.',
      section: 'Uploads wait',
    });
    this.#above(ageOfOldest(queues.crops), minutes(60), 3, {
      id: 'CropsAreOld',
      problem: 'Crops have waited for an hour to be classified.',
      section: 'Crops wait',
    });
    this.#above(minutesToDrain(queues.crops), 12 * 60, 2, {
      id: 'CropsTakeLong',
      problem: 'At the current rate the waiting crops take more than twelve hours.',
      section: 'Classification is slow',
    });
    this.#above(deadLetters(queues.uploadsDeadLetters), 1, 1, {
      id: 'UploadsFailed',
      problem: 'Uploads failed three times and are in the dead-letter queue.',
      section: 'Uploads in the dead-letter queue',
    });
    this.#above(deadLetters(queues.cropsDeadLetters), 1, 1, {
      id: 'CropsFailed',
      problem: 'Crops failed three times and are in the dead-letter queue.',
      section: 'Crops in the dead-letter queue',
    });
    this.#above(deadLetters(queues.partsDeadLetters), 1, 1, {
      id: 'JobsAreNotMarked',
      problem: 'Notifications of new parts are in the dead-letter queue: a job may be complete without its marker.',
      section: 'Jobs are not marked complete',
    });
    this.#watch(ingest, 'Ingest', 'Ingest fails');
    if (classify) this.#watch(classify, 'Classify', 'Classify fails');
    this.#above(compact.metricErrors({ period: Duration.days(1), statistic: Stats.SUM }), 1, 2, {
      id: 'CompactFails',
      problem: 'The results were not compacted for two nights. Nothing is lost, but queries become slower.',
      section: 'Compact fails',
    });
    this.#watch(jobs, 'Jobs', 'Jobs are not marked complete');
  }

  /** Alarms for a function that fails or is throttled. */
  #watch(watched: IFunction, name: string, section: string): void {
    this.#above(watched.metricErrors({ period, statistic: Stats.SUM }), 3, 3, {
      id: `${name}Fails`,
      problem: `The ${name.toLowerCase()} function failed several times; its messages are retried.`,
      section,
    });
    this.#above(watched.metricThrottles({ period, statistic: Stats.SUM }), 50, 10, {
      id: `${name}IsThrottled`,
      problem: `Lambda throttles the ${name.toLowerCase()} function: the account's concurrency is used up.`,
      section: 'A function is throttled',
    });
  }

  /** An alarm for a metric that stays at or above a threshold for a number of its periods. */
  #above(metric: IMetric, threshold: number, evaluationPeriods: number, { id, problem, section }: AlarmText): void {
    const alarm = new Alarm(this, id, {
      alarmDescription: `${problem} What to do: ${runbook}#${anchorOf(section)}`,
      metric,
      threshold,
      evaluationPeriods,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
    alarm.addOkAction(new SnsAction(this.topic));
  }
}

function minutes(amount: number): number {
  return Duration.minutes(amount).toSeconds();
}

/** The anchor of a Markdown heading. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
}

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

/** Where the runbook is, from the repository's root; each alarm has a section of its own there. */
export const runbook = 'docs/runbook.md';

export interface AlarmsProps {
  readonly settings: Settings;
  readonly queues: Queues;
  readonly ingest: IFunction;
  /** Undefined where workers classify. */
  readonly classify: IFunction | undefined;
  readonly compact: IFunction;
  readonly jobs: IFunction;
}

interface AlarmText {
  readonly id: string;
  /** In one sentence, what is wrong. */
  readonly says: string;
  /** Heading of its section in the runbook. */
  readonly section: string;
}

/** What a person should look at, told to a topic. Every alarm names its section in the runbook. */
export class Alarms extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, { settings, queues, ingest, classify, compact, jobs }: AlarmsProps) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', { enforceSSL: true, displayName: `inception-batch ${settings.stage}` });
    // The policy that refuses all but TLS takes the place of the usual one, by which the account's own services may publish.
    this.topic.grantPublish(
      new ServicePrincipal('cloudwatch.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    if (settings.alarmEmail) this.topic.addSubscription(new EmailSubscription(settings.alarmEmail));

    this.#above(ageOfOldest(queues.uploads), minutes(30), 3, {
      id: 'UploadsAreOld',
      says: 'An upload has waited for half an hour to be read.',
      section: 'Uploads wait',
    });
    this.#above(ageOfOldest(queues.crops), minutes(60), 3, {
      id: 'CropsAreOld',
      says: 'Crops have waited for an hour to be classified.',
      section: 'Crops wait',
    });
    this.#above(minutesToDrain(queues.crops), 12 * 60, 2, {
      id: 'CropsTakeLong',
      says: 'At the present rate the crops that wait take more than twelve hours.',
      section: 'Crops take long',
    });
    this.#above(deadLetters(queues.uploadsDeadLetters), 1, 1, {
      id: 'UploadsFailed',
      says: 'Uploads could not be processed and are kept as dead letters.',
      section: 'Uploads as dead letters',
    });
    this.#above(deadLetters(queues.cropsDeadLetters), 1, 1, {
      id: 'CropsFailed',
      says: 'Crops could not be classified and are kept as dead letters.',
      section: 'Crops as dead letters',
    });
    this.#above(deadLetters(queues.partsDeadLetters), 1, 1, {
      id: 'JobsAreNotMarked',
      says: 'New parts of the results are kept as dead letters: a job may be complete without its marker.',
      section: 'Jobs are not marked',
    });
    this.#watch(ingest, 'Ingest', 'Ingest fails');
    if (classify) this.#watch(classify, 'Classify', 'Classify fails');
    this.#above(compact.metricErrors({ period: Duration.days(1), statistic: Stats.SUM }), 1, 2, {
      id: 'CompactFails',
      says: 'The results were not compacted two nights in a row; nothing is lost, but queries become slower.',
      section: 'Compact fails',
    });
    this.#watch(jobs, 'Jobs', 'Jobs are not marked');
  }

  /** A function that fails, or that Lambda does not start as often as it is asked to. */
  #watch(watched: IFunction, name: string, section: string): void {
    this.#above(watched.metricErrors({ period, statistic: Stats.SUM }), 3, 3, {
      id: `${name}Fails`,
      says: `The ${name.toLowerCase()} function failed as a whole several times; its messages come again.`,
      section,
    });
    this.#above(watched.metricThrottles({ period, statistic: Stats.SUM }), 50, 10, {
      id: `${name}IsThrottled`,
      says: `Lambda turns calls of the ${name.toLowerCase()} function away: the account's concurrency is used up.`,
      section: 'A function is throttled',
    });
  }

  /** An alarm when a metric has been at or above a threshold for so many of its periods. */
  #above(metric: IMetric, threshold: number, evaluationPeriods: number, { id, says, section }: AlarmText): void {
    const alarm = new Alarm(this, id, {
      alarmDescription: `${says} What to do: ${runbook}#${anchorOf(section)}`,
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

/** How a heading is linked to in Markdown. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
}

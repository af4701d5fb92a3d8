import { Duration, Stack } from 'aws-cdk-lib';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { maxAttempts } from '../shared/deployment/defaults.ts';
import { addAlarmsTo } from './add-alarm.ts';
import { MonthlyBudget } from './budget.ts';
import { addFailureAlarm, addFunctionAlarms } from './function-alarms.ts';
import type { InstanceWorkers } from './instance-workers.ts';
import { ageUnlessDraining, deadLetters, minutesToDrain, type PipelineMetrics } from './metrics.ts';
import type { Queues } from './queues.ts';
import { addRejectionAlarms } from './rejection-alarms.ts';
import type { Settings } from './settings.ts';
import { addWorkerAlarms } from './worker-alarms.ts';

/** A backlog that takes longer than this at the current rate is a problem. */
const longHours = 12;

export interface AlarmsProps {
  readonly settings: Settings;
  /** Undefined to create a topic. */
  readonly topic: ITopic | undefined;
  /** Encrypts the created topic. */
  readonly key: IKey | undefined;
  readonly queues: Queues;
  readonly metrics: PipelineMetrics;
  /** Undefined if a function classifies. */
  readonly workers: InstanceWorkers | undefined;
  readonly functions: {
    readonly ingest: IFunction;
    /** Undefined if workers classify. */
    readonly classify: IFunction | undefined;
    readonly compact: IFunction;
    readonly jobs: IFunction;
    readonly watch: IFunction;
  };
}

/** Alarms for people, published to a topic. Each links its section of the runbook. */
export class Alarms extends Construct {
  readonly topic: ITopic;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { settings, queues, metrics, workers, functions } = props;
    const { ingest, classify, compact, jobs, watch } = functions;
    this.topic = props.topic ?? this.#makeTopic(props);
    if (settings.alarmEmail) this.topic.addSubscription(new EmailSubscription(settings.alarmEmail));
    const add = addAlarmsTo(this, this.topic);

    // Two periods of a quarter of an hour: the second one rules out the last messages of a large job.
    add(ageUnlessDraining(queues.uploads, longHours), Duration.minutes(15).toSeconds(), 2, {
      id: 'UploadsAreOld',
      problem: 'An upload has waited for half an hour, and not because of a large job that makes progress.',
      section: 'Uploads wait',
    });
    add(ageUnlessDraining(queues.crops, longHours), Duration.minutes(45).toSeconds(), 2, {
      id: 'CropsAreOld',
      problem: 'Crops have waited for an hour to be classified, and not because of a large job that makes progress.',
      section: 'Crops wait',
    });
    add(minutesToDrain(queues.crops), longHours * 60, 2, {
      id: 'CropsTakeLong',
      problem: 'At the current rate the waiting crops take more than twelve hours.',
      section: 'Classification is slow',
    });
    add(deadLetters(queues.uploadsDeadLetters), 1, 1, {
      id: 'UploadsFailed',
      problem: `Uploads failed ${maxAttempts} times and are in the dead-letter queue.`,
      section: 'Uploads in the dead-letter queue',
    });
    add(deadLetters(queues.cropsDeadLetters), 1, 1, {
      id: 'CropsFailed',
      problem: `Crops failed ${maxAttempts} times and are in the dead-letter queue.`,
      section: 'Crops in the dead-letter queue',
    });
    add(deadLetters(queues.partsDeadLetters), 1, 1, {
      id: 'JobsAreNotMarked',
      problem: 'Notifications of new parts are in the dead-letter queue: a job may be complete without its marker.',
      section: 'Jobs are not marked complete',
    });
    addRejectionAlarms(add, metrics);
    add(metrics.of({ service: 'watch', name: 'NotificationsMissing', statistic: Stats.MAXIMUM, minutes: 30 }), 1, 1, {
      id: 'NotificationsAreMissing',
      problem: 'The bucket no longer notifies the uploads queue: new images are not ingested.',
      section: 'Notifications are missing',
    });

    addFunctionAlarms(add, { function: ingest, name: 'Ingest', section: 'Ingest fails' });
    if (classify) addFunctionAlarms(add, { function: classify, name: 'Classify', section: 'Classify fails' });
    if (workers) addWorkerAlarms(add, workers, { metrics, crops: queues.crops });
    add(compact.metricErrors({ period: Duration.days(1), statistic: Stats.SUM }), 1, 2, {
      id: 'CompactFails',
      problem: 'The results were not compacted for two nights. Nothing is lost, but queries become slower.',
      section: 'Compact fails',
    });
    addFunctionAlarms(add, { function: jobs, name: 'Jobs', section: 'Jobs are not marked complete' });
    addFailureAlarm(add, { function: watch, name: 'Watch', section: 'Watch fails' });
    if (settings.monthlyBudget !== undefined) {
      const { stage, monthlyBudget: dollars } = settings;
      new MonthlyBudget(this, 'Budget', { stage, dollars, topic: this.topic });
    }
  }

  #makeTopic({ settings: { stage, monthlyBudget }, key }: AlarmsProps): Topic {
    const topic = new Topic(this, 'Topic', {
      enforceSSL: true,
      displayName: `inception-batch ${stage}`,
      ...(key ? { masterKey: key } : {}),
    });
    // The policy of `enforceSSL` replaces the default policy, which lets services of the account publish.
    for (const service of ['cloudwatch', ...(monthlyBudget === undefined ? [] : ['budgets'])]) {
      topic.grantPublish(
        new ServicePrincipal(`${service}.amazonaws.com`, {
          conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
        }),
      );
    }
    return topic;
  }
}

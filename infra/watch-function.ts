import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as FunctionTarget } from 'aws-cdk-lib/aws-events-targets';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { watchMinutes } from '../shared/deployment/defaults.ts';
import { grant } from './grant.ts';
import type { InstanceWorkers } from './instance-workers.ts';
import { makeFunction, roleOf } from './make-function.ts';
import type { PipelineProps } from './pipeline-props.ts';

export interface WatchFunctionProps extends PipelineProps {
  /** Undefined if a function classifies. */
  readonly workers: InstanceWorkers | undefined;
}

/** Reports what AWS has no metric for: overwritten bucket notifications, and workers that end in an error. */
export class WatchFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, { settings, buckets, queues, namespace, workers }: WatchFunctionProps) {
    super(scope, id);
    const { drop } = buckets;
    const { dropPrefix } = settings;
    this.function = makeFunction(this, 'Function', {
      settings,
      program: 'watch',
      description: 'Reports overwritten bucket notifications and workers that end in an error',
      timeout: Duration.seconds(30),
      memorySize: 256,
      environment: {
        WATCHED_BUCKET: drop.bucketName,
        ...(dropPrefix === undefined ? {} : { WATCHED_PREFIX: dropPrefix }),
        UPLOADS_QUEUE_ARN: queues.uploads.queueArn,
        METRICS_NAMESPACE: namespace,
      },
    });
    grant(roleOf(this.function), { actions: ['s3:GetBucketNotification'], resources: [drop.bucketArn] });
    new Rule(this, 'Regularly', {
      description: 'Checks that the bucket still notifies the uploads queue',
      schedule: Schedule.rate(Duration.minutes(watchMinutes)),
      targets: [new FunctionTarget(this.function)],
    });
    if (workers === undefined) return;
    this.#watchWorkers(workers);
    this.#keepMetricsOf(queues.crops);
  }

  /**
   * Requests attributes of the crops queue on the schedule. Without a request or a message for six hours SQS stops reporting
   * metrics, and starts again up to 15 minutes late: scaling would not see the next job for as long.
   */
  #keepMetricsOf(crops: IQueue): void {
    this.function.addEnvironment('ACTIVE_QUEUE_URL', crops.queueUrl);
    grant(roleOf(this.function), { actions: ['sqs:GetQueueAttributes'], resources: [crops.queueArn] });
  }

  /** Reports each task of the workers that exits with an error, cannot be started, or fails its health checks. */
  #watchWorkers({ cluster }: InstanceWorkers): void {
    new Rule(this, 'FailedWorkers', {
      description: 'A worker ended in an error',
      eventPattern: {
        source: ['aws.ecs'],
        detailType: ['ECS Task State Change'],
        detail: {
          clusterArn: [cluster.clusterArn],
          lastStatus: ['STOPPED'],
          $or: [
            { containers: { exitCode: [{ 'anything-but': [0] }] } },
            { stopCode: ['TaskFailedToStart'] },
            { healthStatus: ['UNHEALTHY'] },
          ],
        },
      },
      targets: [new FunctionTarget(this.function)],
    });
  }
}

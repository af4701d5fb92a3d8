import { Duration, Size, Stack } from 'aws-cdk-lib';
import type { DockerImageAsset } from 'aws-cdk-lib/aws-ecr-assets';
import {
  Capability,
  type Cluster,
  ContainerImage,
  Ec2TaskDefinition,
  LinuxParameters,
  LogDrivers,
  NetworkMode,
  TmpfsMountOption,
} from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import { workerGraceSeconds } from '../shared/deployment/defaults.ts';
import { acknowledge } from './acknowledge.ts';
import { cropsEnvironment } from './crops-environment.ts';
import { grant } from './grant.ts';
import { grantClassify } from './grant-classify.ts';
import { makeLogGroup } from './make-function.ts';
import type { PipelineProps } from './pipeline-props.ts';
import { makeWorkerImage } from './worker-image.ts';
import { workerMemoryLimitMiB } from './worker-memory.ts';

/** Seconds after the grace period to return held messages and close. */
const closeSeconds = 10;
const healthPort = 8080;

export interface WorkerTaskProps extends PipelineProps {
  readonly cluster: Cluster;
}

/** The worker as an ECS task: one per instance, without privileges, with a read-only root and a `/tmp` in memory. */
export class WorkerTask extends Construct {
  readonly definition: Ec2TaskDefinition;
  readonly image: DockerImageAsset;

  constructor(scope: Construct, id: string, props: WorkerTaskProps) {
    super(scope, id);
    const { settings, buckets, queues, cluster } = props;
    // A task with its own network interface would need a NAT gateway or endpoints to reach AWS.
    this.definition = new Ec2TaskDefinition(this, 'Definition', { networkMode: NetworkMode.HOST });
    const linuxParameters = new LinuxParameters(this, 'Linux');
    linuxParameters.addTmpfs({
      containerPath: '/tmp',
      size: Size.mebibytes(512).toMebibytes(),
      mountOptions: [TmpfsMountOption.NOSUID, TmpfsMountOption.NODEV],
    });
    linuxParameters.dropCapabilities(Capability.ALL);
    this.image = makeWorkerImage(this, 'Image', settings);
    this.definition.addContainer('Worker', {
      image: ContainerImage.fromDockerImageAsset(this.image),
      ...(settings.classifier === 'gpu' ? { gpuCount: 1 } : {}),
      // Only for placement.
      memoryReservationMiB: 4096,
      memoryLimitMiB: workerMemoryLimitMiB(settings),
      user: '1000:1000',
      readonlyRootFilesystem: true,
      dockerSecurityOptions: ['no-new-privileges'],
      linuxParameters,
      stopTimeout: Duration.seconds(workerGraceSeconds + closeSeconds),
      logging: LogDrivers.awsLogs({ streamPrefix: 'worker', logGroup: makeLogGroup(this, 'Log', settings) }),
      healthCheck: {
        command: ['CMD', 'node', 'check-health.mjs'],
        startPeriod: Duration.minutes(5),
        interval: Duration.seconds(15),
        timeout: Duration.seconds(5),
      },
      environment: environmentOf(props),
    });
    const role = this.definition.taskRole;
    grant(role, {
      actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
      resources: [queues.crops.queueArn],
    });
    grantClassify(role, buckets);
    const tasks = { service: 'ecs', resource: 'task', resourceName: `${cluster.clusterName}/*` };
    grant(role, {
      actions: ['ecs:UpdateTaskProtection'],
      resources: [Stack.of(this).formatArn(tasks)],
      reason: 'A worker protects its own task, whose id ECS chooses when the task starts.',
    });
    acknowledge(this.definition, {
      'AwsSolutions-ECS2': 'The environment contains URLs and numbers, no secrets.',
      'AwsSolutions-IAM5[Resource::*]': 'ECS requests a token to pull images; this action has no resource.',
    });
  }
}

function environmentOf({ settings, buckets, queues, model, namespace }: PipelineProps): Record<string, string> {
  return {
    AWS_REGION: Stack.of(buckets).region,
    MODEL: model.url,
    ...(model.id === undefined ? {} : { MODEL_ID: model.id }),
    CROPS_QUEUE_URL: queues.crops.queueUrl,
    RESULTS: `s3://${buckets.results.bucketName}`,
    ...cropsEnvironment(settings),
    BATCH_SIZE: String(settings.batchSize),
    GRACE_MS: String(workerGraceSeconds * 1000),
    HEALTH_PORT: String(healthPort),
    REQUIRE_GPU: String(settings.classifier === 'gpu'),
    METRICS_NAMESPACE: namespace,
  };
}

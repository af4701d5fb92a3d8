import { fileURLToPath } from 'node:url';
import { Duration, Size, Stack } from 'aws-cdk-lib';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
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
import { packedPrefix, resultsPrefix } from '../shared/stores/keys.ts';
import { acknowledge } from './acknowledge.ts';
import { allow, anyKey, anyModel } from './allow.ts';
import type { Buckets } from './buckets.ts';
import { makeLogGroup } from './make-function.ts';
import type { Model } from './model.ts';
import type { Queues } from './queues.ts';
import type { Settings } from './settings.ts';

/** Time after the grace period to return the held messages and close, seconds. */
const closeSeconds = 10;
const healthPort = 8080;

export interface WorkerTaskProps {
  readonly settings: Settings;
  readonly cluster: Cluster;
  readonly buckets: Buckets;
  readonly queues: Queues;
  readonly model: Model;
  /** CloudWatch namespace of its metrics. */
  readonly namespace: string;
}

/** The worker as ECS runs it: one to a GPU, without rights on its host, nothing writable but a `/tmp` in memory. */
export class WorkerTask extends Construct {
  readonly definition: Ec2TaskDefinition;
  readonly image: DockerImageAsset;

  constructor(scope: Construct, id: string, props: WorkerTaskProps) {
    super(scope, id);
    const { settings, buckets, queues, cluster } = props;
    // The host's network: a task with an address of its own would need a NAT gateway or endpoints to reach AWS.
    this.definition = new Ec2TaskDefinition(this, 'Definition', { networkMode: NetworkMode.HOST });
    const linuxParameters = new LinuxParameters(this, 'Linux');
    linuxParameters.addTmpfs({
      containerPath: '/tmp',
      size: Size.mebibytes(512).toMebibytes(),
      mountOptions: [TmpfsMountOption.NOSUID, TmpfsMountOption.NODEV],
    });
    linuxParameters.dropCapabilities(Capability.ALL);
    this.image = new DockerImageAsset(this, 'Image', {
      directory: fileURLToPath(new URL('..', import.meta.url)),
      file: 'lambdas/classify/image/Dockerfile',
      target: 'gpu',
      platform: Platform.LINUX_AMD64,
      assetName: 'worker',
    });
    this.definition.addContainer('Worker', {
      image: ContainerImage.fromDockerImageAsset(this.image),
      gpuCount: 1,
      memoryReservationMiB: 4096,
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
    allow(role, {
      actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
      resources: [queues.crops.queueArn],
    });
    allow(role, { actions: ['s3:GetObject'], resources: [buckets.models.arnForObjects('*')], because: anyModel });
    allow(role, {
      actions: ['s3:GetObject'],
      resources: [buckets.results.arnForObjects(`${packedPrefix}*`)],
      because: anyKey,
    });
    // Without this S3 says that packed crops that are gone may not be read, as if they might be one day.
    allow(role, { actions: ['s3:ListBucket'], resources: [buckets.results.bucketArn] });
    allow(role, {
      actions: ['s3:PutObject'],
      resources: [buckets.results.arnForObjects(`${resultsPrefix}*`)],
      because: anyKey,
    });
    const tasks = { service: 'ecs', resource: 'task', resourceName: `${cluster.clusterName}/*` };
    allow(role, {
      actions: ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'],
      resources: [Stack.of(this).formatArn(tasks)],
      because: 'A worker protects its own task, whose name ECS gives it when it starts.',
    });
    acknowledge(this.definition, {
      'AwsSolutions-ECS2': 'Names of places and numbers; there is no secret that a worker would have to be given.',
      'AwsSolutions-IAM5[Resource::*]': 'ECS asks for a token to fetch images, which belongs to no repository.',
    });
  }
}

function environmentOf({ settings, buckets, queues, model, namespace }: WorkerTaskProps): Record<string, string> {
  return {
    AWS_REGION: Stack.of(buckets).region,
    MODEL: model.place,
    ...(model.id === undefined ? {} : { MODEL_ID: model.id }),
    CROPS_QUEUE_URL: queues.crops.queueUrl,
    RESULTS: `s3://${buckets.results.bucketName}`,
    CROPS: settings.crops,
    BATCH_SIZE: settings.batchSize,
    GRACE_MS: String(workerGraceSeconds * 1000),
    HEALTH_PORT: String(healthPort),
    REQUIRE_GPU: 'true',
    METRICS_NAMESPACE: namespace,
  };
}

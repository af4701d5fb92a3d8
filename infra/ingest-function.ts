import { Duration, Stack } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import { processEnvironment } from '../lambdas/ingest/config.ts';
import {
  ingestTimeoutSeconds,
  ingestWindowSeconds,
  maxAttempts,
  messagesPerBatch,
  messagesPerBatchWithRegions,
} from '../shared/deployment/defaults.ts';
import { manifestFile } from '../shared/models/model-directory.ts';
import { packedPrefix, resultsPrefix } from '../shared/stores/keys.ts';
import { cropsEnvironment } from './crops-environment.ts';
import { anyKeyReason, anyModelReason, grant } from './grant.ts';
import { grantDecrypt, grantKey } from './grant-key.ts';
import type { InstanceWorkers } from './instance-workers.ts';
import { makeFunction, roleOf } from './make-function.ts';
import type { PipelineProps } from './pipeline-props.ts';

/** The ingest function: reads uploaded images, sends their crops, and writes rows about rejected images. */
export class IngestFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, { settings, buckets, queues, model, namespace }: PipelineProps) {
    super(scope, id);
    const { drop, results, models } = buckets;
    this.function = makeFunction(this, 'Function', {
      settings,
      program: 'ingest',
      description: 'Makes crops of uploaded images and sends them to be classified',
      timeout: Duration.seconds(ingestTimeoutSeconds),
      memorySize: settings.ingestMemory,
      environment: {
        ...processEnvironment,
        MODEL_MANIFEST: `${model.url}/${manifestFile}`,
        CROPS_QUEUE_URL: queues.crops.queueUrl,
        RESULTS: `s3://${results.bucketName}`,
        TRANSPORT: settings.transport,
        ...cropsEnvironment(settings),
        MAX_ATTEMPTS: String(maxAttempts),
        METRICS_NAMESPACE: namespace,
      },
    });
    this.function.addEventSource(
      new SqsEventSource(queues.uploads, {
        batchSize: settings.regions === undefined ? messagesPerBatch : messagesPerBatchWithRegions,
        maxBatchingWindow: Duration.seconds(ingestWindowSeconds),
        maxConcurrency: settings.ingestConcurrency,
        reportBatchItemFailures: true,
        enabled: !settings.paused,
      }),
    );
    const role = roleOf(this.function);
    const { dropPrefix = '' } = settings;
    grant(role, {
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      resources: [drop.arnForObjects(`${dropPrefix}*`)],
      reason: anyKeyReason,
    });
    const dropKey = settings.dropKey ?? drop.encryptionKey?.keyArn;
    if (dropKey !== undefined) grantDecrypt(role, dropKey, drop);
    grantKey(role, buckets.key);
    // Without this permission S3 answers 403 for missing objects, which looks like a missing permission to read them.
    grant(role, { actions: ['s3:ListBucket'], resources: [drop.bucketArn] });
    grant(role, {
      actions: ['s3:GetObject'],
      resources: [models.arnForObjects(`*/${manifestFile}`)],
      reason: anyModelReason,
    });
    if (model.deployment) this.function.node.addDependency(model.deployment);
    grant(role, {
      actions: ['s3:PutObject'],
      resources: [resultsPrefix, packedPrefix].map((prefix) => results.arnForObjects(`${prefix}*`)),
      reason: anyKeyReason,
    });
    grant(role, { actions: ['sqs:SendMessage', 'sqs:GetQueueAttributes'], resources: [queues.crops.queueArn] });
  }

  /**
   * Lets ingest start the first worker when it sends crops: it may change the number of workers, but neither run another
   * task nor open a shell in one. The name of the service is known without it, so that ingest does not depend on it: neither
   * waits for the other in a deployment.
   */
  startsWorkersOf({ serviceName, cluster, task }: InstanceWorkers): void {
    this.function.addEnvironment('WAKES', `${cluster.clusterName}/${serviceName}`);
    const stack = Stack.of(this);
    const service = { service: 'ecs', resource: 'service', resourceName: `${cluster.clusterName}/${serviceName}` };
    const tasks = { service: 'ecs', resource: 'task-definition', resourceName: `${task.definition.family}:*` };
    const role = roleOf(this.function);
    grant(role, { actions: ['ecs:DescribeServices'], resources: [stack.formatArn(service)] });
    grant(role, {
      actions: ['ecs:UpdateService'],
      resources: [stack.formatArn(service)],
      conditions: {
        ArnLikeIfExists: { 'ecs:task-definition': stack.formatArn(tasks) },
        StringNotEqualsIfExists: { 'ecs:enable-execute-command': 'true' },
      },
    });
  }
}

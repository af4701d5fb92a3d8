import { Duration } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import { processEnvironment } from '../lambdas/ingest/config.ts';
import { ingestTimeoutSeconds, maxAttempts, messagesPerBatch } from '../shared/deployment/defaults.ts';
import { manifestFile } from '../shared/models/model-directory.ts';
import { packedPrefix, resultsPrefix } from '../shared/stores/keys.ts';
import { allow, anyKey, anyModel } from './allow.ts';
import type { Buckets } from './buckets.ts';
import { makeFunction, roleOf } from './make-function.ts';
import type { Model } from './model.ts';
import type { Queues } from './queues.ts';
import type { Settings } from './settings.ts';

/** For more than ten Lambda needs a window to wait for them in. */
const batch = { batchSize: messagesPerBatch, maxBatchingWindow: Duration.seconds(5) };

export interface IngestFunctionProps {
  readonly settings: Settings;
  readonly buckets: Buckets;
  readonly queues: Queues;
  readonly model: Model;
  /** CloudWatch namespace of its metrics. */
  readonly namespace: string;
}

/** A service of ECS that ingest starts when it sends crops. */
export interface WokenService {
  readonly serviceArn: string;
  readonly serviceName: string;
  readonly clusterName: string;
}

/** The ingest function: reads what was dropped, sends its crops, writes rows about what it rejects. */
export class IngestFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, { settings, buckets, queues, model, namespace }: IngestFunctionProps) {
    super(scope, id);
    const { drop, results, models } = buckets;
    this.function = makeFunction(this, 'Function', {
      settings,
      programs: ['lambdas/ingest/index.ts'],
      description: 'Makes crops of uploaded images and sends them to be classified',
      timeout: Duration.seconds(ingestTimeoutSeconds),
      memorySize: settings.ingestMemory,
      environment: {
        ...processEnvironment,
        MODEL_MANIFEST: `${model.place}/${manifestFile}`,
        CROPS_QUEUE_URL: queues.crops.queueUrl,
        RESULTS: `s3://${results.bucketName}`,
        TRANSPORT: settings.transport,
        CROPS: settings.crops,
        MAX_ATTEMPTS: String(maxAttempts),
        METRICS_NAMESPACE: namespace,
      },
    });
    this.function.addEventSource(
      new SqsEventSource(queues.uploads, {
        ...batch,
        maxConcurrency: settings.ingestConcurrency,
        reportBatchItemFailures: true,
        enabled: !settings.paused,
      }),
    );
    const role = roleOf(this.function);
    const { dropPrefix = '' } = settings;
    allow(role, {
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      resources: [drop.arnForObjects(`${dropPrefix}*`)],
      because: anyKey,
    });
    // Without this S3 says that what is gone may not be read, which cannot be told from a missing permission.
    allow(role, { actions: ['s3:ListBucket'], resources: [drop.bucketArn] });
    // Of every model: while one takes the place of another, functions of both are started.
    allow(role, {
      actions: ['s3:GetObject'],
      resources: [models.arnForObjects(`*/${manifestFile}`)],
      because: anyModel,
    });
    if (model.deployment) this.function.node.addDependency(model.deployment);
    allow(role, {
      actions: ['s3:PutObject'],
      resources: [resultsPrefix, packedPrefix].map((prefix) => results.arnForObjects(`${prefix}*`)),
      because: anyKey,
    });
    allow(role, { actions: ['sqs:SendMessage', 'sqs:GetQueueAttributes'], resources: [queues.crops.queueArn] });
  }

  /** Lets it start the first worker. */
  wakes({ serviceArn, serviceName, clusterName }: WokenService): void {
    this.function.addEnvironment('WAKES', `${clusterName}/${serviceName}`);
    allow(roleOf(this.function), { actions: ['ecs:DescribeServices', 'ecs:UpdateService'], resources: [serviceArn] });
  }
}

import { Duration } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import {
  classifyTimeoutSeconds,
  defaultBatchSize,
  megabytesPerCore,
  messagesPerInvocation,
} from '../shared/deployment/defaults.ts';
import { packedPrefix, resultsPrefix } from '../shared/stores/keys.ts';
import { allow, anyKey, anyModel } from './allow.ts';
import type { IngestFunctionProps } from './ingest-function.ts';
import { makeFunction, roleOf } from './make-function.ts';

const batch = { batchSize: messagesPerInvocation, maxBatchingWindow: Duration.seconds(2) };
/** A session on each core. */
const cores = 2;

/** The classifier for small volumes: a function on CPUs, which costs nothing while there is nothing to do. */
export class ClassifyFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, { settings, buckets, queues, model, namespace }: IngestFunctionProps) {
    super(scope, id);
    const { results, models } = buckets;
    this.function = makeFunction(this, 'Function', {
      settings,
      programs: ['lambdas/classify/index.ts', 'shared/inference/session-thread.ts'],
      description: 'Classifies crops on CPUs and writes their rows',
      timeout: Duration.seconds(classifyTimeoutSeconds),
      memorySize: cores * megabytesPerCore,
      environment: {
        MODEL: model.place,
        ...(model.id === undefined ? {} : { MODEL_ID: model.id }),
        CROPS_QUEUE_URL: queues.crops.queueUrl,
        RESULTS: `s3://${results.bucketName}`,
        CROPS: settings.crops,
        THREADS: String(cores),
        BATCH_SIZE: String(defaultBatchSize('cpu')),
        ORT_DISABLE_TELEMETRY: '1',
        METRICS_NAMESPACE: namespace,
      },
    });
    this.function.addEventSource(
      new SqsEventSource(queues.crops, {
        ...batch,
        maxConcurrency: settings.maxWorkers,
        reportBatchItemFailures: true,
      }),
    );
    if (model.deployment) this.function.node.addDependency(model.deployment);
    const role = roleOf(this.function);
    allow(role, { actions: ['s3:GetObject'], resources: [models.arnForObjects('*')], because: anyModel });
    allow(role, {
      actions: ['s3:GetObject'],
      resources: [results.arnForObjects(`${packedPrefix}*`)],
      because: anyKey,
    });
    // Without this S3 says that packed crops that are gone may not be read, as if they might be one day.
    allow(role, { actions: ['s3:ListBucket'], resources: [results.bucketArn] });
    allow(role, {
      actions: ['s3:PutObject'],
      resources: [results.arnForObjects(`${resultsPrefix}*`)],
      because: anyKey,
    });
  }
}

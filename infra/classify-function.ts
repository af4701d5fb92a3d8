import { Duration } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import {
  classifyCores,
  classifyTimeoutSeconds,
  classifyWindowSeconds,
  defaultBatchSize,
  megabytesPerCore,
  messagesPerInvocation,
} from '../shared/deployment/defaults.ts';
import { cropsEnvironment } from './crops-environment.ts';
import { grantClassify } from './grant-classify.ts';
import { makeFunction, roleOf } from './make-function.ts';
import type { PipelineProps } from './pipeline-props.ts';

/** The classifier for small volumes: a function on CPUs, free while idle. */
export class ClassifyFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, { settings, buckets, queues, model, namespace }: PipelineProps) {
    super(scope, id);
    this.function = makeFunction(this, 'Function', {
      settings,
      program: 'classify',
      description: 'Classifies crops on CPUs and writes their rows',
      timeout: Duration.seconds(classifyTimeoutSeconds),
      memorySize: classifyCores * megabytesPerCore,
      environment: {
        MODEL: model.url,
        ...(model.id === undefined ? {} : { MODEL_ID: model.id }),
        CROPS_QUEUE_URL: queues.crops.queueUrl,
        RESULTS: `s3://${buckets.results.bucketName}`,
        ...cropsEnvironment(settings),
        THREADS: String(classifyCores),
        BATCH_SIZE: String(defaultBatchSize('cpu')),
        ORT_DISABLE_TELEMETRY: '1',
        METRICS_NAMESPACE: namespace,
      },
    });
    this.function.addEventSource(
      new SqsEventSource(queues.crops, {
        batchSize: messagesPerInvocation(settings.crops + (settings.regions ?? 0)),
        maxBatchingWindow: Duration.seconds(classifyWindowSeconds),
        maxConcurrency: settings.maxWorkers,
        reportBatchItemFailures: true,
      }),
    );
    if (model.deployment) this.function.node.addDependency(model.deployment);
    grantClassify(roleOf(this.function), buckets);
  }
}

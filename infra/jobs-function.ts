import { Duration, Size } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import { jobsTimeoutSeconds, jobsWindowSeconds, partsPerCheck } from '../shared/deployment/defaults.ts';
import { jobsPrefix, resultsPrefix } from '../shared/stores/keys.ts';
import { grant } from './grant.ts';
import { grantKey } from './grant-key.ts';
import { makeFunction, roleOf } from './make-function.ts';
import type { PipelineProps } from './pipeline-props.ts';

/** A second one only runs while the first takes longer than a minute. */
const batch = { batchSize: partsPerCheck, maxBatchingWindow: Duration.seconds(jobsWindowSeconds), maxConcurrency: 2 };

/** Enough to copy and count a million rows without their embeddings. */
const memory = { memorySize: 2048, ephemeralStorageSize: Size.gibibytes(2) };

const anyPartReason = 'Users choose the names of jobs, and there are many parts; access is limited to these prefixes.';

/** Receives notifications of new parts, and marks the jobs that they complete. */
export class JobsFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, { settings, buckets, queues, namespace }: PipelineProps) {
    super(scope, id);
    const { results } = buckets;
    this.function = makeFunction(this, 'Function', {
      settings,
      program: 'jobs',
      description: 'Marks the jobs that are complete',
      timeout: Duration.seconds(jobsTimeoutSeconds),
      ...memory,
      environment: { RESULTS: `s3://${results.bucketName}`, METRICS_NAMESPACE: namespace },
    });
    this.function.addEventSource(new SqsEventSource(queues.parts, { ...batch, reportBatchItemFailures: true }));
    const role = roleOf(this.function);
    grantKey(role, buckets.key);
    grant(role, {
      actions: ['s3:GetObject'],
      resources: [resultsPrefix, jobsPrefix].map((prefix) => results.arnForObjects(`${prefix}*`)),
      reason: anyPartReason,
    });
    grant(role, { actions: ['s3:ListBucket'], resources: [results.bucketArn] });
    grant(role, {
      actions: ['s3:PutObject', 's3:DeleteObject'],
      resources: [results.arnForObjects(`${jobsPrefix}*`)],
      reason: anyPartReason,
    });
  }
}

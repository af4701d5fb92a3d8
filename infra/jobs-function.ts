import { Duration, Size } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import { jobsTimeoutSeconds, partsPerCheck } from '../shared/deployment/defaults.ts';
import { jobsPrefix, resultsPrefix } from '../shared/stores/keys.ts';
import { allow } from './allow.ts';
import type { Buckets } from './buckets.ts';
import { makeFunction, roleOf } from './make-function.ts';
import type { Queues } from './queues.ts';
import type { Settings } from './settings.ts';

/** One look a minute while parts come, none while none do; a second one only while the first takes longer than that. */
const looks = { batchSize: partsPerCheck, maxBatchingWindow: Duration.seconds(60), maxConcurrency: 2 };

/** A million rows without their embeddings are gathered in less, and counted in less. */
const memory = { memorySize: 2048, ephemeralStorageSize: Size.gibibytes(2) };

const anyPart = 'Parts and jobs are as many as people make; no other prefix may be touched.';

export interface JobsFunctionProps {
  readonly settings: Settings;
  readonly buckets: Buckets;
  readonly queues: Queues;
  /** CloudWatch namespace of its metrics. */
  readonly namespace: string;
}

/** Is told of new parts of the results, and marks the jobs that are complete by them. */
export class JobsFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, { settings, buckets, queues, namespace }: JobsFunctionProps) {
    super(scope, id);
    const { results } = buckets;
    this.function = makeFunction(this, 'Function', {
      settings,
      programs: ['lambdas/jobs/index.ts'],
      description: 'Marks the jobs whose last image is accounted for',
      timeout: Duration.seconds(jobsTimeoutSeconds),
      ...memory,
      environment: { RESULTS: `s3://${results.bucketName}`, METRICS_NAMESPACE: namespace },
    });
    this.function.addEventSource(new SqsEventSource(queues.parts, { ...looks, reportBatchItemFailures: true }));
    const role = roleOf(this.function);
    allow(role, {
      actions: ['s3:GetObject'],
      resources: [resultsPrefix, jobsPrefix].map((prefix) => results.arnForObjects(`${prefix}*`)),
      because: anyPart,
    });
    allow(role, { actions: ['s3:ListBucket'], resources: [results.bucketArn] });
    allow(role, {
      actions: ['s3:PutObject', 's3:DeleteObject'],
      resources: [results.arnForObjects(`${jobsPrefix}*`)],
      because: anyPart,
    });
  }
}

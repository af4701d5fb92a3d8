import { Duration, Size } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as FunctionTarget } from 'aws-cdk-lib/aws-events-targets';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { compactStopSeconds, compactTimeoutSeconds } from '../shared/deployment/defaults.ts';
import { regionsPrefix, resultsPrefix } from '../shared/stores/keys.ts';
import { anyKeyReason, grant } from './grant.ts';
import { grantKey } from './grant-key.ts';
import { makeFunction, roleOf } from './make-function.ts';
import type { PipelineProps } from './pipeline-props.ts';

/** Two cores. Sorting takes 3 GB; in addition, one whole part is held in memory. */
const memorySize = 4096;
/** The maximum of Lambda. */
const ephemeralStorageSize = Size.gibibytes(10);
/** Sorting needs up to three times this on the disk, in addition to the light columns of other parts. */
const bytesPerRun = 2.5e9;
/** UTC. Parts of the previous day are written until shortly after midnight; compaction is not urgent. */
const schedule = Schedule.cron({ hour: '3', minute: '0' });

/** Compacts the results of past days every night. Without new parts it only lists the bucket. */
export class CompactFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, { settings, buckets }: PipelineProps) {
    super(scope, id);
    const { results } = buckets;
    this.function = makeFunction(this, 'Function', {
      settings,
      program: 'compact',
      description: 'Rewrites the parts of past days into a few sorted parts',
      timeout: Duration.seconds(compactTimeoutSeconds),
      memorySize,
      // A retry would repeat the same work; the next night continues.
      retryAttempts: 0,
      ephemeralStorageSize,
      environment: {
        RESULTS: `s3://${results.bucketName}`,
        BYTES_AT_ONCE: String(bytesPerRun),
        STOP_AFTER_SECONDS: String(compactStopSeconds),
      },
    });
    new Rule(this, 'EveryNight', {
      description: 'Compacts the results of past days',
      schedule,
      targets: [new FunctionTarget(this.function)],
    });
    const role = roleOf(this.function);
    grantKey(role, buckets.key);
    grant(role, { actions: ['s3:ListBucket'], resources: [results.bucketArn] });
    grant(role, {
      actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      resources: [resultsPrefix, regionsPrefix].map((prefix) => results.arnForObjects(`${prefix}*`)),
      reason: anyKeyReason,
    });
  }
}

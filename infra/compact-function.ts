import { Duration, Size } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as FunctionTarget } from 'aws-cdk-lib/aws-events-targets';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { compactStopSeconds, compactTimeoutSeconds } from '../shared/deployment/defaults.ts';
import { resultsPrefix } from '../shared/stores/keys.ts';
import { allow, anyKey } from './allow.ts';
import type { Buckets } from './buckets.ts';
import { makeFunction, roleOf } from './make-function.ts';
import type { Settings } from './settings.ts';

/** Two cores; sorting takes 3 GB, and beside it a part is read into memory whole. */
const memorySize = 4096;
/** What a function's disk can hold. */
const disk = Size.gibibytes(10);
/** A third of the disk, with room for the light columns of other parts. */
const bytesPerRun = 2.5e9;
/** Parts of the day before are written until a minute after midnight, UTC; nobody waits for this. */
const schedule = Schedule.cron({ hour: '3', minute: '0' });

export interface CompactFunctionProps {
  readonly settings: Settings;
  readonly buckets: Buckets;
}

/** Compacts the results of the days that are over, every night; without new parts, that is one listing. */
export class CompactFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, { settings, buckets: { results } }: CompactFunctionProps) {
    super(scope, id);
    this.function = makeFunction(this, 'Function', {
      settings,
      programs: ['lambdas/compact/index.ts'],
      description: 'Rewrites the parts of the results of days that are over as few sorted ones',
      timeout: Duration.seconds(compactTimeoutSeconds),
      memorySize,
      // A second one beside it would only do the same; the next night does what was left.
      retryAttempts: 0,
      ephemeralStorageSize: disk,
      environment: {
        RESULTS: `s3://${results.bucketName}`,
        BYTES_AT_ONCE: String(bytesPerRun),
        STOP_AFTER_SECONDS: String(compactStopSeconds),
      },
    });
    new Rule(this, 'EveryNight', {
      description: 'Compacts the results of the days that are over',
      schedule,
      targets: [new FunctionTarget(this.function)],
    });
    const role = roleOf(this.function);
    allow(role, { actions: ['s3:ListBucket'], resources: [results.bucketArn] });
    allow(role, {
      actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      resources: [results.arnForObjects(`${resultsPrefix}*`)],
      because: anyKey,
    });
  }
}

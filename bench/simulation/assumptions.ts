import { assumptions as measured } from '../../jobs/cost/assumptions.ts';

/** A figure that the template does not contain, and its source. */
interface Assumption {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly from: string;
}

const sqsGuide = 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide';
const lambdaScaling = 'https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html';
const notMeasured = 'assumed, not measured on AWS';

export const assumptions = {
  metricDelay: {
    what: 'CloudWatch has a value this long after its minute',
    value: 60,
    unit: 's',
    from: notMeasured,
  },
  queueActivation: {
    what: 'metrics of a queue are missing for this long after an inactive time',
    value: 900,
    unit: 's',
    from: `${sqsGuide}/monitoring-using-cloudwatch.html: up to 15 minutes`,
  },
  queueInactive: {
    what: 'a queue is inactive after this long without a message or a request',
    value: 6 * 3600,
    unit: 's',
    from: `${sqsGuide}/monitoring-using-cloudwatch.html: up to six hours`,
  },
  maxInFlight: {
    what: 'messages of a standard queue that are received and not deleted, at most',
    value: 120_000,
    unit: 'messages',
    from: `${sqsGuide}/quotas-messages.html`,
  },
  firstPollers: {
    what: 'concurrent batches with which Lambda starts to read a queue',
    value: 5,
    unit: 'invocations',
    from: lambdaScaling,
  },
  pollersPerMinute: {
    what: 'concurrent batches that Lambda adds per minute',
    value: 300,
    unit: 'invocations',
    from: lambdaScaling,
  },
  accountConcurrency: {
    what: 'invocations of all functions of the account at the same time',
    value: 1000,
    unit: 'invocations',
    from: 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; new accounts have less',
  },
  functionStart: measured.lambdaStartSeconds,
  jobsCheck: { what: 'a check of the jobs by the jobs function', value: 5, unit: 's', from: notMeasured },
  instanceBoot: {
    what: 'an instance joins the cluster after its start',
    value: 120,
    unit: 's',
    from: notMeasured,
  },
  imagePull: {
    what: 'an instance pulls and unpacks the image of the worker',
    value: 90,
    unit: 's',
    from: `${notMeasured}: 3 GB at 50 MB/s, and 30 s to unpack`,
  },
  workerStart: {
    what: 'a worker loads its model and checks the accelerator',
    value: 20,
    unit: 's',
    from: notMeasured,
  },
  taskRestart: {
    what: 'ECS replaces a task that ended',
    value: 10,
    unit: 's',
    from: notMeasured,
  },
  protection: {
    what: 'a worker is protected after its last message',
    value: 10,
    unit: 's',
    from: 'docs/deploy-worker.md, task protection',
  },
  stalled: {
    what: 'ECS ends a worker that makes no progress',
    value: 345,
    unit: 's',
    from: 'STALLED_AFTER_MS in docs/deploy-worker.md, and three health checks',
  },
  scaleInMinutes: {
    what: 'ECS terminates spare instances after this long',
    value: 15,
    unit: 'min',
    from: 'https://github.com/aws/containers-roadmap/issues/1220; docs/decisions/0011',
  },
  fromZero: {
    what: 'instances that ECS starts for the first task',
    value: 2,
    unit: 'instances',
    from: 'https://github.com/aws/containers-roadmap/issues/1716; docs/decisions/0011',
  },
  spotInterruptions: {
    what: 'Spot interruptions of an instance',
    value: 0.02,
    unit: 'per hour',
    from: notMeasured,
  },
  spotNotice: {
    what: 'time between the notice of an interruption and its end',
    value: 120,
    unit: 's',
    from: 'https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html',
  },
  budgetUpdate: {
    what: 'AWS Budgets knows a cost this long after it occurred',
    value: 12 * 3600,
    unit: 's',
    from: 'https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html: 8 to 12 hours',
  },
} as const satisfies Record<string, Assumption>;

/** Values that a run may replace, for example to see how much depends on one. */
export type AssumptionName = keyof typeof assumptions;
export type AssumedValues = Readonly<Record<AssumptionName, number>>;

/** The assumed values, some of them replaced. */
export function assume(replaced: Partial<AssumedValues> = {}): AssumedValues {
  const defaults = Object.entries(assumptions).map(([name, { value }]) => [name, value] as const);
  const values: Partial<AssumedValues> = { ...Object.fromEntries(defaults), ...replaced };
  if (!isComplete(values)) throw new Error('an assumption has no value');
  return values;
}

function isComplete(values: Partial<AssumedValues>): values is AssumedValues {
  return Object.keys(assumptions).every((name) => name in values);
}

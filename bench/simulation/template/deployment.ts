import { z } from 'zod';
import { UserError } from '../../../shared/failures/user-error.ts';
import { type AlarmDefinition, parseAlarms } from './alarms.ts';
import { numberSchema, parseTemplate, type Resource, referenceSchema, resourcesOf } from './resources.ts';
import { parseWorkers, type WorkersDefinition } from './workers.ts';

export interface QueueDefinition {
  readonly id: string;
  readonly visibilitySeconds: number;
  readonly retentionSeconds: number;
  /** Undefined for a dead-letter queue. */
  readonly redrive: { readonly queue: string; readonly maxReceives: number } | undefined;
}

/** A function that Lambda invokes with batches of a queue. */
export interface FunctionDefinition {
  readonly id: string;
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
  readonly batch: number;
  readonly windowSeconds: number;
  readonly maxConcurrency: number;
  readonly enabled: boolean;
}

/** What a simulation needs to know of a synthesized template. */
export interface Deployment {
  readonly queues: ReadonlyMap<string, QueueDefinition>;
  readonly uploads: QueueDefinition;
  readonly crops: QueueDefinition;
  readonly parts: QueueDefinition;
  readonly ingest: FunctionDefinition;
  readonly jobs: FunctionDefinition;
  /** All functions, also those that read no queue. */
  readonly functions: readonly string[];
  /** Undefined if workers classify. */
  readonly classify: FunctionDefinition | undefined;
  /** Undefined if a function classifies. */
  readonly workers: WorkersDefinition | undefined;
  /** Whether ingest starts the first worker. */
  readonly ingestWakesWorkers: boolean;
  readonly alarms: readonly AlarmDefinition[];
  /** CloudWatch namespace of the pipeline's own metrics. */
  readonly namespace: string;
  readonly budgets: readonly BudgetDefinition[];
  /** The function that reports what has no metric, on a schedule. */
  readonly watch: {
    readonly id: string;
    readonly everySeconds: number;
    /** A queue to which it sends a request each time, so that its metrics are current. */
    readonly activeQueue: string | undefined;
  };
}

export interface BudgetDefinition {
  readonly id: string;
  /** Per month. */
  readonly dollars: number;
  /** Shares of the budget at which it notifies, of what was spent. */
  readonly shares: readonly number[];
}

const queueSchema = z.object({
  VisibilityTimeout: numberSchema.default(30),
  MessageRetentionPeriod: numberSchema.default(345_600),
  RedrivePolicy: z.object({ deadLetterTargetArn: referenceSchema, maxReceiveCount: numberSchema }).optional(),
});
const functionSchema = z.object({
  MemorySize: numberSchema.default(128),
  Timeout: numberSchema.default(3),
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }).optional(),
});
const mappingSchema = z.object({
  EventSourceArn: referenceSchema,
  FunctionName: referenceSchema,
  BatchSize: numberSchema.default(10),
  MaximumBatchingWindowInSeconds: numberSchema.default(0),
  Enabled: z.boolean().default(true),
  ScalingConfig: z.object({ MaximumConcurrency: numberSchema }).optional(),
});
const budgetSchema = z.object({
  Budget: z.object({ BudgetLimit: z.object({ Amount: numberSchema }), TimeUnit: z.literal('MONTHLY') }),
  NotificationsWithSubscribers: z.array(
    z.object({
      Notification: z.object({
        NotificationType: z.enum(['ACTUAL', 'FORECASTED']),
        Threshold: z.number(),
        ThresholdType: z.literal('PERCENTAGE'),
      }),
    }),
  ),
});
const scheduleSchema = z.object({
  ScheduleExpression: z.string().optional(),
  Targets: z.array(z.object({ Arn: referenceSchema })).default([]),
});
/** Lambda's limit for an event source mapping without a maximum of its own. */
const mappingLimit = 1250;

/**
 * Reads the queues, functions, workers and alarms of a synthesized template. Programs are found by their environment, so
 * that logical ids do not matter.
 * @throws {UserError} if a part of the pipeline is missing
 */
export function parseDeployment(template: unknown): Deployment {
  const resources = parseTemplate(template);
  const queues = new Map(parseQueues(resources).map((queue) => [queue.id, queue]));
  const functions = new Map(
    resourcesOf(resources, 'AWS::Lambda::Function', functionSchema).map(({ id, properties }) => [id, properties]),
  );
  const mappings = resourcesOf(resources, 'AWS::Lambda::EventSourceMapping', mappingSchema).map(({ properties }) => ({
    queue: queueOf(queues, properties.EventSourceArn),
    environment: functions.get(properties.FunctionName)?.Environment?.Variables ?? {},
    definition: {
      id: properties.FunctionName,
      memoryMegabytes: functions.get(properties.FunctionName)?.MemorySize ?? 128,
      timeoutSeconds: functions.get(properties.FunctionName)?.Timeout ?? 3,
      batch: properties.BatchSize,
      windowSeconds: properties.MaximumBatchingWindowInSeconds,
      maxConcurrency: properties.ScalingConfig?.MaximumConcurrency ?? mappingLimit,
      enabled: properties.Enabled,
    },
  }));
  const ingest = mappings.find(({ environment }) => 'MODEL_MANIFEST' in environment);
  const classify = mappings.find(({ environment }) => 'MODEL' in environment);
  const jobs = mappings.find((mapping) => mapping !== ingest && mapping !== classify);
  if (!ingest || !jobs) throw new UserError('the template has no ingest or jobs function that reads a queue');
  const workers = parseWorkers(resources);
  if (!classify && !workers) throw new UserError('the template has neither a classify function nor workers');
  return {
    queues,
    uploads: ingest.queue,
    crops: queueOf(queues, referenceSchema.parse(ingest.environment['CROPS_QUEUE_URL'])),
    parts: jobs.queue,
    ingest: ingest.definition,
    jobs: jobs.definition,
    functions: [...functions.keys()],
    classify: classify?.definition,
    workers,
    ingestWakesWorkers: 'WAKES' in ingest.environment,
    alarms: parseAlarms(resources),
    namespace: referenceSchema.parse(ingest.environment['METRICS_NAMESPACE']),
    budgets: parseBudgets(resources),
    watch: parseWatch(resources, functions),
  };
}

function parseBudgets(resources: readonly Resource[]): BudgetDefinition[] {
  return resourcesOf(resources, 'AWS::Budgets::Budget', budgetSchema).map(({ id, properties }) => ({
    id,
    dollars: properties.Budget.BudgetLimit.Amount,
    // Forecasts need weeks of costs.
    shares: properties.NotificationsWithSubscribers.flatMap(({ Notification: notification }) =>
      notification.NotificationType === 'ACTUAL' ? [notification.Threshold / 100] : [],
    ),
  }));
}

function parseWatch(
  resources: readonly Resource[],
  functions: ReadonlyMap<string, z.output<typeof functionSchema>>,
): Deployment['watch'] {
  const isWatch = (id: string) => 'WATCHED_BUCKET' in (functions.get(id)?.Environment?.Variables ?? {});
  for (const { properties } of resourcesOf(resources, 'AWS::Events::Rule', scheduleSchema)) {
    const minutes = /^rate\((\d+) minutes?\)$/.exec(properties.ScheduleExpression ?? '')?.[1];
    const target = properties.Targets.find(({ Arn }) => isWatch(Arn));
    if (!target || !minutes) continue;
    const queue = functions.get(target.Arn)?.Environment?.Variables['ACTIVE_QUEUE_URL'];
    return {
      id: target.Arn,
      everySeconds: Number(minutes) * 60,
      activeQueue: queue === undefined ? undefined : referenceSchema.parse(queue),
    };
  }
  throw new UserError('the template has no function that regularly checks the notifications of the bucket');
}

function parseQueues(resources: readonly Resource[]): QueueDefinition[] {
  return resourcesOf(resources, 'AWS::SQS::Queue', queueSchema).map(({ id, properties }) => {
    const { RedrivePolicy: redrive } = properties;
    return {
      id,
      visibilitySeconds: properties.VisibilityTimeout,
      retentionSeconds: properties.MessageRetentionPeriod,
      redrive: redrive && { queue: redrive.deadLetterTargetArn, maxReceives: redrive.maxReceiveCount },
    };
  });
}

function queueOf(queues: ReadonlyMap<string, QueueDefinition>, id: string): QueueDefinition {
  const queue = queues.get(id);
  if (queue === undefined) throw new UserError(`the template has no queue ${id}`);
  return queue;
}

import { Duration } from 'aws-cdk-lib';
import {
  AdjustmentType,
  type ScalableTarget,
  ServiceNamespace,
  StepScalingAction,
  ScalableTarget as Target,
} from 'aws-cdk-lib/aws-applicationautoscaling';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { ApplicationScalingAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Ec2Service } from 'aws-cdk-lib/aws-ecs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { idleMinutes } from '../shared/deployment/defaults.ts';
import { ageOfOldest, backlogOf, period, processed } from './metrics.ts';
import type { Settings } from './settings.ts';

/** Each time the oldest message has waited for this long, one more worker is started. */
const maxWait = Duration.minutes(15);
/** The limit of a step scaling policy. */
const maxSteps = 20;

export interface WorkerScalingProps {
  readonly settings: Settings;
  readonly service: Ec2Service;
  readonly clusterName: string;
  readonly crops: Queue;
}

/**
 * Scales workers: one per `imagesPerWorker` waiting or held messages, plus one for each 15 minutes that the oldest message
 * has waited; zero after five minutes without messages. Step scaling, since target tracking is undefined at zero workers.
 * Scaling in is safe: workers that hold messages are protected (docs/deploy-worker.md). Ingest starts the first worker
 * itself, without waiting for a metric: `lambdas/ingest/wake-workers.ts`.
 */
export class WorkerScaling extends Construct {
  /** The desired number of workers. */
  readonly desired: IMetric;

  constructor(scope: Construct, id: string, { settings, service, clusterName, crops }: WorkerScalingProps) {
    super(scope, id);
    const { maxWorkers, imagesPerWorker } = settings;
    const target = new Target(this, 'Target', {
      serviceNamespace: ServiceNamespace.ECS,
      resourceId: `service/${clusterName}/${service.serviceName}`,
      scalableDimension: 'ecs:service:DesiredCount',
      minCapacity: 0,
      maxCapacity: maxWorkers,
    });
    const backlog = backlogOf(crops);
    this.desired = new MathExpression({
      label: 'desired workers',
      expression: `CEIL(backlog / ${imagesPerWorker}) + FLOOR(FILL(age, 0) / ${maxWait.toSeconds()})`,
      usingMetrics: { backlog, age: ageOfOldest(crops) },
      period,
    });
    const work = new Alarm(this, 'Work', {
      alarmDescription: 'Scales workers to the backlog. No action is needed.',
      metric: this.desired,
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    work.addAlarmAction(
      new ApplicationScalingAction(exactCapacity(this, 'ToBacklog', target, scalingSteps(maxWorkers))),
    );
    // Counts running workers, not desired ones: otherwise earlier zeros would end a worker that ingest has just started.
    // The backlog is a sample per minute, which mostly misses a message that is processed in seconds: workers that processed
    // any are not idle.
    const idle = new Alarm(this, 'Idle', {
      alarmDescription: 'Ends idle workers. No action is needed.',
      metric: new MathExpression({
        label: 'idle',
        expression: 'IF(running > 0 AND backlog < 1 AND FILL(processed, 0) < 1, 1, 0)',
        usingMetrics: {
          backlog,
          processed: processed(crops),
          running: service.metric('CPUUtilization', { statistic: Stats.SAMPLE_COUNT, period }),
        },
        period,
      }),
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: idleMinutes,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    idle.addAlarmAction(
      new ApplicationScalingAction(exactCapacity(this, 'ToNone', target, [{ lowerBound: 0, workers: 0 }])),
    );
  }
}

/** Bounds are relative to the alarm's threshold. */
interface Step {
  readonly lowerBound?: number;
  readonly upperBound?: number;
  readonly workers: number;
}

/**
 * One step per worker, or for more than 20 workers 20 steps, each larger than the one before by the same factor: even steps
 * would start many instances for a single image. Bounds are relative to the threshold, one desired worker.
 */
export function scalingSteps(maxWorkers: number): Step[] {
  const number = Math.min(maxWorkers, maxSteps);
  const workers: number[] = [];
  for (let index = 0; index < number; index += 1) {
    const geometric = Math.floor(maxWorkers ** (index / Math.max(1, number - 1)));
    workers.push(index === number - 1 ? maxWorkers : Math.max((workers[index - 1] ?? 0) + 1, geometric));
  }
  return workers.map((count, index) => {
    const lowerBound = index === 0 ? 0 : (workers[index - 1] ?? 0);
    return { lowerBound, ...(index === number - 1 ? {} : { upperBound: count }), workers: count };
  });
}

function exactCapacity(
  scope: Construct,
  id: string,
  scalingTarget: ScalableTarget,
  tiers: readonly Step[],
): StepScalingAction {
  const action = new StepScalingAction(scope, id, {
    scalingTarget,
    adjustmentType: AdjustmentType.EXACT_CAPACITY,
    cooldown: Duration.minutes(1),
  });
  for (const { workers, ...bounds } of tiers) action.addAdjustment({ ...bounds, adjustment: workers });
  return action;
}

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
import { ageOfOldest, backlogOf, period } from './metrics.ts';
import type { Settings } from './settings.ts';

/** A message that has waited for so long is worth another worker, however few wait with it. */
const patience = Duration.minutes(15);
/** What a step scaling policy may have. */
const mostSteps = 20;

export interface WorkerScalingProps {
  readonly settings: Settings;
  readonly service: Ec2Service;
  readonly clusterName: string;
  readonly crops: Queue;
}

/**
 * How many workers are wanted: one for every `imagesPerWorker` messages that wait or are held, and one more for each
 * quarter of an hour that the oldest has waited; none once workers have run for five minutes without a
 * message. Steps and not a
 * target to track, which is undefined at no workers. Fewer may be wanted while workers are busy: those that hold
 * messages are protected (docs/deploy-worker.md). From none to one ingest does not wait for a metric, see
 * `lambdas/ingest/wake-workers.ts`.
 */
export class WorkerScaling extends Construct {
  /** Workers that are wanted, for the dashboard. */
  readonly wanted: IMetric;

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
    this.wanted = new MathExpression({
      label: 'wanted',
      expression: `CEIL(backlog / ${imagesPerWorker}) + FLOOR(FILL(age, 0) / ${patience.toSeconds()})`,
      usingMetrics: { backlog, age: ageOfOldest(crops) },
      period,
    });
    const work = new Alarm(this, 'Work', {
      alarmDescription: 'Scales workers to what waits; no cause for concern.',
      metric: this.wanted,
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    work.addAlarmAction(new ApplicationScalingAction(exactly(this, 'ToBacklog', target, steps(maxWorkers))));
    // Workers that run count, not those that are wanted: one that ingest has just started is not ended by zeros from
    // before, which CloudWatch would act on every minute.
    const idle = new Alarm(this, 'Idle', {
      alarmDescription: 'Ends workers that have nothing to do; no cause for concern.',
      metric: new MathExpression({
        label: 'idle',
        expression: 'IF(running > 0 AND backlog < 1, 1, 0)',
        usingMetrics: { backlog, running: service.metric('CPUUtilization', { statistic: Stats.SAMPLE_COUNT, period }) },
        period,
      }),
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: idleMinutes,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    idle.addAlarmAction(new ApplicationScalingAction(exactly(this, 'ToNone', target, [{ lowerBound: 0, workers: 0 }])));
  }
}

/** Bounds are distances of the metric from the alarm's threshold. */
interface Step {
  readonly lowerBound?: number;
  readonly upperBound?: number;
  readonly workers: number;
}

/** As many workers as are wanted, or in 20 even steps where there may be more. Above the threshold, which is 1 wanted. */
export function steps(maxWorkers: number): Step[] {
  const number = Math.min(maxWorkers, mostSteps);
  const workers = Array.from({ length: number }, (_, index) => Math.ceil(((index + 1) * maxWorkers) / number));
  return workers.map((count, index) => {
    const lowerBound = index === 0 ? 0 : (workers[index - 1] ?? 0);
    return { lowerBound, ...(index === number - 1 ? {} : { upperBound: count }), workers: count };
  });
}

function exactly(
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

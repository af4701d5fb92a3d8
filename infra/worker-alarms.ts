import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { AddAlarm } from './add-alarm.ts';
import type { InstanceWorkers } from './instance-workers.ts';
import type { PipelineMetrics } from './metrics.ts';

const period = Duration.minutes(5);

export interface WorkerSignals {
  readonly metrics: PipelineMetrics;
  /** The queue that the workers empty. */
  readonly crops: IQueue;
}

/** Alarms for workers that crash, that find no instance, and for instances that are paid for without a result. */
export function addWorkerAlarms(
  add: AddAlarm,
  { cluster, capacity }: InstanceWorkers,
  { metrics, crops }: WorkerSignals,
): void {
  add(metrics.of({ service: 'watch', name: 'WorkersFailed', minutes: 15 }), 3, 1, {
    id: 'WorkersFail',
    problem: 'Three workers within 15 minutes ended in an error, could not be started, or failed their health checks.',
    section: 'Workers fail',
  });
  // Percent of the instances that the tasks need, of those that run. Reported for every cluster, without Container Insights.
  const reservation = new Metric({
    namespace: 'AWS/ECS/ManagedScaling',
    metricName: 'CapacityProviderReservation',
    dimensionsMap: { ClusterName: cluster.clusterName, CapacityProviderName: capacity.capacityProviderName },
    statistic: Stats.MINIMUM,
    period,
  });
  add(reservation, 101, 6, {
    id: 'WorkersAreNotPlaced',
    problem: 'Workers have waited half an hour for an instance.',
    section: 'Crops wait',
  });
  // A worker that starts needs about ten minutes, and ECS keeps an idle instance for a quarter of an hour.
  const instances = new Metric({
    namespace: 'AWS/AutoScaling',
    metricName: 'GroupInServiceInstances',
    dimensionsMap: { AutoScalingGroupName: capacity.autoScalingGroup.autoScalingGroupName },
    statistic: Stats.MINIMUM,
    period,
  });
  // Workers delete a message once its rows are stored. SQS reports this metric from the start; rows that no worker has ever
  // stored have none.
  const wasted = new MathExpression({
    label: 'instances without results',
    expression: 'IF(FILL(finished, 0) > 0, 0, instances)',
    usingMetrics: { instances, finished: crops.metricNumberOfMessagesDeleted({ statistic: Stats.SUM, period }) },
    period,
  });
  add(wasted, 1, 9, {
    id: 'InstancesAreIdle',
    problem: 'Instances have run for 45 minutes without finishing a message.',
    section: 'Instances run without results',
  });
}

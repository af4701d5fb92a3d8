import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { AddAlarm } from './add-alarm.ts';
import type { GpuWorkers } from './gpu-workers.ts';
import type { PipelineMetrics } from './metrics.ts';

const period = Duration.minutes(5);

/** Alarms for workers that crash, that find no instance, and for instances that are paid for without a result. */
export function addWorkerAlarms(add: AddAlarm, { cluster, capacity }: GpuWorkers, metrics: PipelineMetrics): void {
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
  const wasted = new MathExpression({
    label: 'instances without rows',
    expression: 'IF(FILL(rows, 0) > 0, 0, instances)',
    usingMetrics: { instances, rows: metrics.of({ service: 'classify', name: 'ImagesStored', minutes: 5 }) },
    period,
  });
  add(wasted, 1, 9, {
    id: 'InstancesAreIdle',
    problem: 'Instances have run for 45 minutes without storing a row.',
    section: 'Instances run without results',
  });
}

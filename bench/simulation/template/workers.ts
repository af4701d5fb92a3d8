import { z } from 'zod';
import { UserError } from '../../../shared/failures/user-error.ts';
import { numberSchema, type Resource, referenceSchema, resourcesOf } from './resources.ts';

/** A step of a policy; bounds are relative to the threshold of the alarm. */
export interface ScalingStep {
  readonly lower: number;
  readonly upper: number;
  readonly capacity: number;
}

export interface ScalingPolicy {
  readonly id: string;
  readonly steps: readonly ScalingStep[];
  readonly cooldownSeconds: number;
}

/** An ECS service on the instances of an Auto Scaling group. */
export interface WorkersDefinition {
  readonly service: string;
  readonly cluster: string;
  readonly capacityProvider: string;
  /** The Auto Scaling group. */
  readonly group: string;
  readonly minTasks: number;
  readonly maxTasks: number;
  readonly policies: readonly ScalingPolicy[];
  readonly minInstances: number;
  readonly maxInstances: number;
  /** Types in order of preference. */
  readonly instanceTypes: readonly string[];
  /** Share of the instances on Spot, 0 to 1. */
  readonly spotShare: number;
  /** Instances that ECS starts at once, at least and at most. */
  readonly scalingStep: { readonly min: number; readonly max: number };
}

const serviceSchema = z.object({ Cluster: referenceSchema });
const targetSchema = z.object({
  ScalableDimension: z.literal('ecs:service:DesiredCount'),
  MinCapacity: numberSchema,
  MaxCapacity: numberSchema,
});
const policySchema = z.object({
  StepScalingPolicyConfiguration: z.object({
    AdjustmentType: z.literal('ExactCapacity'),
    Cooldown: numberSchema.default(0),
    StepAdjustments: z.array(
      z.object({
        MetricIntervalLowerBound: z.number().default(Number.NEGATIVE_INFINITY),
        MetricIntervalUpperBound: z.number().default(Number.POSITIVE_INFINITY),
        ScalingAdjustment: numberSchema,
      }),
    ),
  }),
});
const groupSchema = z.object({
  MinSize: numberSchema,
  MaxSize: numberSchema,
  MixedInstancesPolicy: z.object({
    InstancesDistribution: z.object({ OnDemandPercentageAboveBaseCapacity: z.number() }),
    LaunchTemplate: z.object({ Overrides: z.array(z.object({ InstanceType: z.string() })) }),
  }),
});
const capacitySchema = z.object({
  AutoScalingGroupProvider: z.object({
    ManagedScaling: z.object({
      Status: z.literal('ENABLED'),
      TargetCapacity: z.literal(100),
      MinimumScalingStepSize: z.number().default(1),
      MaximumScalingStepSize: z.number().default(10_000),
    }),
  }),
});

/** The workers of a template; undefined without an ECS service. */
export function parseWorkers(resources: readonly Resource[]): WorkersDefinition | undefined {
  const [service] = resourcesOf(resources, 'AWS::ECS::Service', serviceSchema);
  if (service === undefined) return undefined;
  const [target] = resourcesOf(resources, 'AWS::ApplicationAutoScaling::ScalableTarget', targetSchema);
  const [group] = resourcesOf(resources, 'AWS::AutoScaling::AutoScalingGroup', groupSchema);
  const [capacity] = resourcesOf(resources, 'AWS::ECS::CapacityProvider', capacitySchema);
  if (!target || !group || !capacity) throw new UserError('the workers of the template have no scaling');
  const { InstancesDistribution: distribution, LaunchTemplate: launch } = group.properties.MixedInstancesPolicy;
  const { ManagedScaling: managed } = capacity.properties.AutoScalingGroupProvider;
  return {
    service: service.id,
    cluster: service.properties.Cluster,
    capacityProvider: capacity.id,
    group: group.id,
    minTasks: target.properties.MinCapacity,
    maxTasks: target.properties.MaxCapacity,
    policies: resourcesOf(resources, 'AWS::ApplicationAutoScaling::ScalingPolicy', policySchema).map(policyOf),
    minInstances: group.properties.MinSize,
    maxInstances: group.properties.MaxSize,
    instanceTypes: launch.Overrides.map(({ InstanceType }) => InstanceType),
    spotShare: 1 - distribution.OnDemandPercentageAboveBaseCapacity / 100,
    scalingStep: { min: managed.MinimumScalingStepSize, max: managed.MaximumScalingStepSize },
  };
}

function policyOf({ id, properties }: { id: string; properties: z.output<typeof policySchema> }): ScalingPolicy {
  const { StepAdjustments, Cooldown: cooldownSeconds } = properties.StepScalingPolicyConfiguration;
  const steps = StepAdjustments.map((step) => ({
    lower: step.MetricIntervalLowerBound,
    upper: step.MetricIntervalUpperBound,
    capacity: step.ScalingAdjustment,
  }));
  return { id, steps, cooldownSeconds };
}

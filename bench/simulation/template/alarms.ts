import { z } from 'zod';
import { UserError } from '../../../shared/failures/user-error.ts';
import { numberSchema, type Resource, referenceSchema, resourcesOf } from './resources.ts';

/** A metric of CloudWatch; dimensions by name. */
export interface MetricName {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export type Statistic = 'Sum' | 'Maximum' | 'Minimum' | 'Average' | 'SampleCount';

/** An input of an alarm: a metric, or an expression over other inputs. */
export type AlarmInput =
  | {
      readonly id: string;
      readonly metric: MetricName;
      readonly statistic: Statistic;
      readonly periodSeconds: number;
    }
  | { readonly id: string; readonly expression: string };

export interface AlarmDefinition {
  readonly id: string;
  readonly inputs: readonly AlarmInput[];
  /** The input that is compared with the threshold. */
  readonly compared: string;
  readonly periodSeconds: number;
  readonly comparison: (value: number, threshold: number) => boolean;
  readonly threshold: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  /** How a period without a value counts. */
  readonly missing: 'notBreaching' | 'breaching';
  /** Logical ids of topics and scaling policies. */
  readonly actions: readonly string[];
}

const comparisons = {
  GreaterThanOrEqualToThreshold: (value: number, threshold: number) => value >= threshold,
  GreaterThanThreshold: (value: number, threshold: number) => value > threshold,
  LessThanThreshold: (value: number, threshold: number) => value < threshold,
  LessThanOrEqualToThreshold: (value: number, threshold: number) => value <= threshold,
};

const statisticSchema = z.enum(['Sum', 'Maximum', 'Minimum', 'Average', 'SampleCount']);
const dimensionsSchema = z.array(z.object({ Name: z.string(), Value: referenceSchema })).default([]);
const metricSchema = z.object({
  Namespace: referenceSchema,
  MetricName: z.string(),
  Dimensions: dimensionsSchema,
});

const alarmSchema = z.object({
  Metrics: z
    .array(
      z.object({
        Id: z.string(),
        Expression: z.string().optional(),
        MetricStat: z.object({ Metric: metricSchema, Period: numberSchema, Stat: statisticSchema }).optional(),
        Period: numberSchema.optional(),
        ReturnData: z.boolean().default(true),
      }),
    )
    .optional(),
  Namespace: referenceSchema.optional(),
  MetricName: z.string().optional(),
  Dimensions: dimensionsSchema,
  Period: numberSchema.optional(),
  Statistic: statisticSchema.optional(),
  Threshold: numberSchema,
  EvaluationPeriods: numberSchema,
  DatapointsToAlarm: numberSchema.optional(),
  ComparisonOperator: z.enum([
    'GreaterThanOrEqualToThreshold',
    'GreaterThanThreshold',
    'LessThanThreshold',
    'LessThanOrEqualToThreshold',
  ]),
  // An alarm that keeps its state or has none without data is not modeled.
  TreatMissingData: z.enum(['notBreaching', 'breaching'], { error: 'only notBreaching and breaching are modeled' }),
  AlarmActions: z.array(referenceSchema).default([]),
});

/** The alarms of a template. */
export function parseAlarms(resources: readonly Resource[]): AlarmDefinition[] {
  return resourcesOf(resources, 'AWS::CloudWatch::Alarm', alarmSchema).map(({ id, properties }) => {
    const inputs = inputsOf(id, properties);
    const compared = (properties.Metrics ?? []).find(({ ReturnData }) => ReturnData)?.Id ?? 'metric';
    const periods = inputs.flatMap((input) => ('metric' in input ? [input.periodSeconds] : []));
    return {
      id,
      inputs,
      compared,
      periodSeconds: Math.max(...periods),
      comparison: comparisons[properties.ComparisonOperator],
      threshold: properties.Threshold,
      evaluationPeriods: properties.EvaluationPeriods,
      datapointsToAlarm: properties.DatapointsToAlarm ?? properties.EvaluationPeriods,
      missing: properties.TreatMissingData,
      actions: properties.AlarmActions,
    };
  });
}

function inputsOf(alarm: string, properties: z.output<typeof alarmSchema>): AlarmInput[] {
  if (properties.Metrics !== undefined) {
    return properties.Metrics.map(({ Id: id, Expression: expression, MetricStat: metric }) => {
      if (expression !== undefined) return { id, expression };
      if (metric === undefined) throw new UserError(`the alarm ${alarm} has an input without a metric: ${id}`);
      return { id, metric: nameOf(metric.Metric), statistic: metric.Stat, periodSeconds: metric.Period };
    });
  }
  const { Namespace, MetricName, Dimensions, Period: periodSeconds, Statistic: statistic } = properties;
  if (!Namespace || !MetricName || !periodSeconds || !statistic) {
    throw new UserError(`the alarm ${alarm} has no metric that the simulation can read`);
  }
  return [{ id: 'metric', metric: nameOf({ Namespace, MetricName, Dimensions }), statistic, periodSeconds }];
}

function nameOf({ Namespace, MetricName, Dimensions }: z.output<typeof metricSchema>): MetricName {
  const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
  return { namespace: Namespace, name: MetricName, dimensions };
}

import { z } from 'zod';
import type { StoodUp } from './stand-up.ts';
import { resourcesOf, type Template } from './template/read-template.ts';

const embeddedSchema = z.looseObject({
  _aws: z.looseObject({
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.looseObject({ Name: z.string() })),
      }),
    ),
  }),
});

/** The metrics that CloudWatch would extract from the logs of functions and workers, as text: namespace, name, dimensions. */
export function emittedMetrics({ functions, workers }: StoodUp): Set<string> {
  const ofWorkers = (workers?.output ?? '').split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
  const lines = [
    ...[...functions.values()].flatMap((pool) => pool.lines),
    ...ofWorkers.map((line): unknown => JSON.parse(line)),
  ];
  return new Set(
    lines.flatMap((line) => {
      const parsed = embeddedSchema.safeParse(line);
      if (!parsed.success) return [];
      const { _aws, ...fields } = parsed.data;
      return _aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
        Dimensions.flatMap((names) =>
          Metrics.map(({ Name }) => named(Namespace, Name, new Map(names.map((name) => [name, fields[name]])))),
        ),
      );
    }),
  );
}

const metricSchema = z.looseObject({
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.unknown() })).default([]),
});
const alarmSchema = z.looseObject({
  Metrics: z.array(z.looseObject({ MetricStat: z.looseObject({ Metric: metricSchema }).optional() })).default([]),
});

/** The metrics of a namespace that alarms watch, as text like `emittedMetrics`. */
export function watchedMetrics(template: Template, namespace: string): Set<string> {
  const metrics = resourcesOf(template, 'AWS::CloudWatch::Alarm').flatMap(({ Properties }) => {
    const single = metricSchema.safeParse(Properties);
    const inExpressions = alarmSchema.parse(Properties).Metrics.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []);
    return [...(single.success ? [single.data] : []), ...inExpressions];
  });
  return new Set(
    metrics
      .filter(({ Namespace }) => Namespace === namespace)
      .map(({ MetricName, Dimensions }) =>
        named(namespace, MetricName, new Map(Dimensions.map(({ Name, Value }) => [Name, Value]))),
      ),
  );
}

function named(namespace: string, name: string, dimensions: ReadonlyMap<string, unknown>): string {
  const pairs = [...dimensions].map(([dimension, value]) => `${dimension}=${value}`).sort();
  return `${namespace} ${name} ${pairs.join(',')}`;
}

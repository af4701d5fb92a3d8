import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { anchorOf, runbook } from '../../infra/add-alarm.ts';
import { watchedEvents } from '../../lambdas/watch/missing-notifications.ts';
import { repository } from '../support/cli.ts';
import { model, resources, synthesize, variants } from './synthesize.ts';

describe('a deployment over one prefix of an existing bucket', () => {
  it('is notified of uploads and deletions under that prefix only', () => {
    const notified = resources(
      synthesize({ model, dropBucket: 'my-photos', dropPrefix: 'in/' }),
      'Custom::S3BucketNotifications',
    ).find(({ Properties }) => Properties['BucketName'] === 'my-photos');
    const { QueueConfigurations } = z
      .object({
        NotificationConfiguration: z.object({
          QueueConfigurations: z.array(z.looseObject({ Events: z.array(z.string()), Filter: z.unknown() })),
        }),
      })
      .parse(notified?.Properties).NotificationConfiguration;
    expect(QueueConfigurations.flatMap(({ Events }) => Events).toSorted()).toEqual(watchedEvents.toSorted());
    expect(watchedEvents).toHaveLength(3);
    for (const { Filter } of QueueConfigurations) {
      expect(Filter).toEqual({ Key: { FilterRules: [{ Name: 'prefix', Value: 'in/' }] } });
    }
    expect(notified?.Properties['Managed']).toBe(false);
  });
});

describe('alarms', () => {
  const made = synthesize({ model });
  /** An alarm's threshold, and its metrics with their dimensions. */
  const alarm = (id: string, from = made) => {
    const found = resources(from, 'AWS::CloudWatch::Alarm').find((resource) => resource.id.startsWith(`Alarms${id}`));
    const { Threshold, Metrics } = z
      .looseObject({ Threshold: z.number(), Metrics: z.unknown() })
      .parse(found?.Properties);
    return { threshold: Threshold, metrics: JSON.stringify(Metrics) };
  };

  /** Threshold, period in seconds, and number of periods. */
  const figures = {
    UploadsAreOld: [900, 900, 2],
    CropsAreOld: [2700, 900, 2],
    CropsTakeLong: [720, 900, 2],
    UploadsFailed: [1, 60, 1],
    CropsFailed: [1, 60, 1],
    JobsAreNotMarked: [1, 60, 1],
    IngestRejects: [1, 900, 1],
    ClassifyRejects: [1, 900, 1],
    NotificationsAreMissing: [1, 1800, 1],
    IngestFails: [1, 900, 1],
    IngestIsThrottled: [50, 60, 10],
    ClassifyFails: [1, 900, 1],
    ClassifyIsThrottled: [50, 60, 10],
    WorkersFail: [3, 900, 1],
    WorkersAreNotPlaced: [101, 300, 6],
    InstancesAreIdle: [1, 300, 9],
    CompactFails: [1, 86_400, 2],
    JobsFails: [1, 900, 1],
    JobsIsThrottled: [50, 60, 10],
    WatchFails: [1, 900, 1],
  };
  const figureSchema = z.looseObject({
    Threshold: z.number(),
    EvaluationPeriods: z.number(),
    DatapointsToAlarm: z.undefined().optional(),
    TreatMissingData: z.literal('notBreaching'),
    Period: z.number().optional(),
    Metrics: z.array(z.looseObject({ MetricStat: z.looseObject({ Period: z.number() }).optional() })).default([]),
  });

  it.each(['gpu', 'lambda'] as const)(
    'have these thresholds, periods and numbers of periods, with %s',
    (classifier) => {
      const others = classifier === 'gpu' ? /^Classify(Fails|Is)/ : /^(Workers|Instances)/;
      const expected = Object.entries(figures).filter(([id]) => !others.test(id));
      const found = resources(synthesize({ model, classifier }), 'AWS::CloudWatch::Alarm').flatMap(
        ({ id, Properties }) => {
          const [, name] = /^Alarms(\w+)[0-9A-F]{8}$/.exec(id) ?? [];
          if (name === undefined) return [];
          const { Threshold, EvaluationPeriods, Period, Metrics } = figureSchema.parse(Properties);
          const periods = new Set([Period, ...Metrics.map(({ MetricStat }) => MetricStat?.Period)]);
          periods.delete(undefined);
          return [[name, [Threshold, ...periods, EvaluationPeriods]]];
        },
      );
      expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
    },
  );

  it('fire at the first dead letter', () => {
    for (const [kind, id] of [
      ['Uploads', 'UploadsFailed'],
      ['Crops', 'CropsFailed'],
      ['Parts', 'JobsAreNotMarked'],
    ] as const) {
      const { metrics, threshold } = alarm(id);
      expect(threshold).toBe(1);
      expect(metrics).toContain('"ApproximateNumberOfMessagesVisible"');
      expect(metrics).toContain(`Queues${kind}DeadLetters`);
    }
  });

  it('fire on the age of the oldest message, in seconds, a quarter of an hour after it has reached it', () => {
    for (const [id, minutes] of [
      ['UploadsAreOld', 15],
      ['CropsAreOld', 45],
    ] as const) {
      const { metrics, threshold } = alarm(id);
      expect(threshold).toBe(minutes * 60);
      expect(metrics).toContain('"ApproximateAgeOfOldestMessage"');
      expect(metrics).toContain('< 720 * FILL(');
    }
  });

  it('fire on many rejected images, and on a large share of few, from metrics that are reported together', () => {
    for (const [id, service, total] of [
      ['IngestRejects', 'ingest', 'ImagesFinished'],
      ['ClassifyRejects', 'classify', 'ImagesStored'],
    ] as const) {
      const { metrics } = alarm(id);
      expect(metrics).toContain('>= 1000 OR (');
      expect(metrics).toMatch(/>= 3 AND 100 \* \([a-z +]+\) >= 10 \* total/);
      for (const text of ['"ImagesRejected"', '"access"', '"deployment"', `"${service}"`, `"${total}"`]) {
        expect(metrics).toContain(text);
      }
      expect(new Set(metrics.match(/"Period":\d+/g))).toEqual(new Set(['"Period":900']));
    }
  });

  it('fill only metrics of SQS: a metric that no program has reported yet may have nothing to fill', () => {
    const schema = z.looseObject({
      Metrics: z.array(
        z.looseObject({ Id: z.string(), Expression: z.string().optional(), MetricStat: z.unknown().optional() }),
      ),
    });
    let filled = 0;
    for (const { id, Properties } of resources(made, 'AWS::CloudWatch::Alarm')) {
      const { Metrics } = schema.safeParse(Properties).data ?? { Metrics: [] };
      for (const [, name] of JSON.stringify(Metrics).matchAll(/FILL\((\w+),/g)) {
        filled += 1;
        const metric = Metrics.find((entry) => entry.Id === name);
        expect(metric?.MetricStat, id).toMatchObject({ Metric: { Namespace: 'AWS/SQS' } });
      }
    }
    expect(filled).toBeGreaterThan(3);
  });

  it('fire when a function fails each time that it is called, however seldom that is', () => {
    for (const [classifier, names] of [
      ['gpu', ['Ingest', 'Jobs', 'Watch']],
      ['lambda', ['Ingest', 'Classify', 'Jobs', 'Watch']],
    ] as const) {
      for (const name of names) {
        const { metrics } = alarm(`${name}Fails`, synthesize({ model, classifier }));
        expect(metrics).toContain('IF(errors >= 3 OR (errors > 0 AND errors >= calls), 1, 0)');
        expect(metrics).toContain('"Invocations"');
      }
    }
  });

  it('watch instances without rows, tasks without an instance, and tasks that fail', () => {
    expect(alarm('InstancesAreIdle').metrics).toMatch(
      /"GroupInServiceInstances".*QueuesCrops.*"NumberOfMessagesDeleted"/,
    );
    const reservation = resources(made, 'AWS::CloudWatch::Alarm').find(({ id }) => id.includes('WorkersAreNotPlaced'));
    expect(reservation?.Properties).toMatchObject({
      Namespace: 'AWS/ECS/ManagedScaling',
      MetricName: 'CapacityProviderReservation',
      Threshold: 101,
    });
    const [group] = resources(made, 'AWS::AutoScaling::AutoScalingGroup');
    expect(group?.Properties['MetricsCollection']).toEqual([
      { Granularity: '1Minute', Metrics: ['GroupInServiceInstances'] },
    ]);
    const rule = resources(made, 'AWS::Events::Rule').find(({ id }) => id.startsWith('WatchFailedWorkers'));
    expect(rule?.Properties['EventPattern']).toMatchObject({
      source: ['aws.ecs'],
      detail: {
        lastStatus: ['STOPPED'],
        $or: [
          { containers: { exitCode: [{ 'anything-but': [0] }] } },
          { stopCode: ['TaskFailedToStart'] },
          { healthStatus: ['UNHEALTHY'] },
        ],
      },
    });
    const ids = resources(synthesize({ model, classifier: 'lambda' }), 'AWS::Events::Rule').map(({ id }) => id);
    expect(ids.some((id) => id.startsWith('WatchFailedWorkers'))).toBe(false);
  });

  it('include a budget for the tag of the stage, which the topic lets publish', () => {
    const budgeted = synthesize(variants['over an encrypted bucket, with a budget']);
    expect(resources(budgeted, 'AWS::Budgets::Budget')[0]?.Properties['Budget']).toMatchObject({
      BudgetLimit: { Amount: 200, Unit: 'USD' },
      CostFilters: { TagKeyValue: ['user:inception-batch-stage$dev'] },
      TimeUnit: 'MONTHLY',
    });
    expect(resources(budgeted, 'AWS::Budgets::Budget')[0]?.DependsOn).toContainEqual(
      expect.stringMatching(/^AlarmsTopicPolicy/),
    );
    const policies = JSON.stringify(resources(budgeted, 'AWS::SNS::TopicPolicy'));
    expect(policies).toContain('budgets.amazonaws.com');
    expect(resources(made, 'AWS::Budgets::Budget')).toEqual([]);
    for (const type of ['AWS::S3::Bucket', 'AWS::SQS::Queue', 'AWS::Lambda::Function', 'AWS::EC2::LaunchTemplate']) {
      for (const { id, Properties } of resources(made, type)) {
        // Functions of the CDK belong to the stack, not to the pipeline; they only run during a deployment.
        if (/^(BucketNotificationsHandler|Custom|AWS679)/.test(id)) continue;
        expect(JSON.stringify(Properties), id).toContain('"Key":"inception-batch-stage","Value":"dev"');
      }
    }
  });

  it.each(['gpu', 'lambda'] as const)('link sections of the runbook, with classifier=%s', (classifier) => {
    const text = readFileSync(join(repository, runbook), 'utf8');
    const headings = text.match(/^## .+$/gm) ?? [];
    const anchors = headings.map((heading) => anchorOf(heading.slice(3)));
    const rows = text.match(/^\| .*`.+#.+$/gm) ?? [];
    const alarms = resources(synthesize({ model, classifier }), 'AWS::CloudWatch::Alarm').map(({ id, Properties }) => ({
      name: id.replace(/^Alarms|[0-9A-F]{8}$/g, ''),
      description: z.string().parse(Properties['AlarmDescription']),
      actions: JSON.stringify(Properties['AlarmActions']),
    }));
    const forPeople = alarms.filter(({ actions }) => actions.includes('AlarmsTopic'));
    expect(forPeople.length).toBeGreaterThan(6);
    for (const { name, description } of forPeople) {
      const [, anchor] = description.match(/docs\/runbook\.md#([a-z0-9-]+)$/) ?? [];
      expect(anchors, description).toContain(anchor);
      // The table at the top names each alarm with the same section.
      expect(
        rows.find((row) => row.includes(`\`${name}\``)),
        name,
      ).toContain(`](#${anchor})`);
    }
  });

  it('and the dashboard use metrics that the programs report', () => {
    const text = JSON.stringify(resources(made, 'AWS::CloudWatch::Dashboard'));
    const named = [...text.matchAll(/inception-batch\/dev\\",\\"(\w+)\\"/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(10);
    const reported = [
      'lambdas/ingest/telemetry.ts',
      'lambdas/classify/telemetry/worker-telemetry.ts',
      'lambdas/classify/telemetry/count-outcomes.ts',
      'lambdas/count-rejections.ts',
      'lambdas/watch/telemetry.ts',
    ]
      .map((file) => readFileSync(join(repository, file), 'utf8'))
      .join();
    for (const name of named) {
      expect(reported, name).toContain(String(name).replace(/^(WaitedFor|ClosedBy).*/, '$1'));
    }
  });
});

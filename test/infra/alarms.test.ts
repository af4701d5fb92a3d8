import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { anchorOf, runbook } from '../../infra/alarms.ts';
import { repository } from '../support/cli.ts';
import { model, resources, synthesize } from './synthesize.ts';

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
    expect(QueueConfigurations.flatMap(({ Events }) => Events).toSorted()).toEqual([
      's3:LifecycleExpiration:*',
      's3:ObjectCreated:*',
      's3:ObjectRemoved:*',
    ]);
    for (const { Filter } of QueueConfigurations) {
      expect(Filter).toEqual({ Key: { FilterRules: [{ Name: 'prefix', Value: 'in/' }] } });
    }
    expect(notified?.Properties['Managed']).toBe(false);
  });
});

describe('alarms', () => {
  const made = synthesize({ model });
  /** An alarm's threshold, and its metrics with their dimensions. */
  const alarm = (id: string) => {
    const found = resources(made, 'AWS::CloudWatch::Alarm').find((resource) => resource.id.startsWith(`Alarms${id}`));
    const { Threshold, Metrics } = z
      .looseObject({ Threshold: z.number(), Metrics: z.unknown() })
      .parse(found?.Properties);
    return { threshold: Threshold, metrics: JSON.stringify(Metrics) };
  };

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

  it('fire on the age of the oldest message, in seconds', () => {
    for (const [id, minutes] of [
      ['UploadsAreOld', 30],
      ['CropsAreOld', 60],
    ] as const) {
      const { metrics, threshold } = alarm(id);
      expect(threshold).toBe(minutes * 60);
      expect(metrics).toContain('"ApproximateAgeOfOldestMessage"');
    }
  });

  it.each(['gpu', 'lambda'] as const)('link sections of the runbook, with classifier=%s', (classifier) => {
    const headings = readFileSync(join(repository, runbook), 'utf8').match(/^## .+$/gm) ?? [];
    const anchors = headings.map((heading) => anchorOf(heading.slice(3)));
    const alarms = resources(synthesize({ model, classifier }), 'AWS::CloudWatch::Alarm').map(({ Properties }) => ({
      text: z.string().parse(Properties['AlarmDescription']),
      actions: JSON.stringify(Properties['AlarmActions']),
    }));
    const forPeople = alarms.filter(({ actions }) => actions.includes('AlarmsTopic'));
    expect(forPeople.length).toBeGreaterThan(6);
    for (const { text } of forPeople) {
      const [, anchor] = text.match(/docs\/runbook\.md#([a-z0-9-]+)$/) ?? [];
      expect(anchors, text).toContain(anchor);
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
    ]
      .map((file) => readFileSync(join(repository, file), 'utf8'))
      .join();
    for (const name of named) {
      expect(reported, name).toContain(String(name).replace(/^(WaitedFor|ClosedBy).*/, '$1'));
    }
  });
});

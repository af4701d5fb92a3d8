import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { repository } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeTinyModel } from '../support/tiny-model.ts';
import { resources, synthesise } from './synthesise.ts';

const model = join(temporaryFolder(), 'model');
await writeTinyModel(model);

describe('a deployment over one prefix of a bucket that there is', () => {
  it('is told of uploads and deletions below that prefix alone', () => {
    const notified = resources(
      synthesise({ model, dropBucket: 'my-photos', dropPrefix: 'in/' }),
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
  const made = synthesise({ model });
  /** The metrics that an alarm looks at, with their dimensions, and its threshold. */
  const alarm = (id: string) => {
    const found = resources(made, 'AWS::CloudWatch::Alarm').find((one) => one.id.startsWith(`Alarms${id}`));
    const { Threshold, Metrics } = z
      .looseObject({ Threshold: z.number(), Metrics: z.unknown() })
      .parse(found?.Properties);
    return { threshold: Threshold, metrics: JSON.stringify(Metrics) };
  };

  it('come for the first dead letter', () => {
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

  it('come for what waits, in seconds of its age', () => {
    for (const [id, minutes] of [
      ['UploadsAreOld', 30],
      ['CropsAreOld', 60],
    ] as const) {
      const { metrics, threshold } = alarm(id);
      expect(threshold).toBe(minutes * 60);
      expect(metrics).toContain('"ApproximateAgeOfOldestMessage"');
    }
  });

  it('and the dashboard look at metrics that programs report', () => {
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
      const made = String(name).replace(/^(WaitedFor|ClosedBy).*/, '$1');
      expect(reported, name).toContain(made);
    }
  });
});

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { missingNotifications } from '../../lambdas/watch/missing-notifications.ts';
import { repository } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const queueArn = 'arn:aws:sqs:eu-central-1:123456789012:uploads';
const other = { Id: 'theirs', QueueArn: `${queueArn}-of-others`, Events: ['s3:ObjectTagging:*'] };
const topic = { TopicArn: 'arn:aws:sns:eu-central-1:123456789012:topic', Events: ['s3:ObjectRestore:*'] };

/** Runs the program that the runbook gives, on what the bucket has now. */
function restored(now: string, prefix: string) {
  const runbook = readFileSync(join(repository, 'docs/runbook.md'), 'utf8');
  const [, program = ''] = /node -p '\n(.*?)' "\$QUEUE" "PREFIX" > restored\.json/s.exec(runbook) ?? [];
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'now.json'), now);
  const output = execFileSync(process.execPath, ['-p', program, queueArn, prefix], { cwd, encoding: 'utf8' });
  return z
    .looseObject({
      QueueConfigurations: z.array(z.looseObject({ QueueArn: z.string(), Events: z.array(z.custom<Event>()) })),
    })
    .parse(JSON.parse(output));
}

describe('the program of the runbook that restores notifications', () => {
  it.each([
    ['of a bucket without any', ''],
    ['that were replaced', JSON.stringify({ QueueConfigurations: [other], TopicConfigurations: [topic] })],
    ['of which some are left', JSON.stringify({ QueueConfigurations: [{ QueueArn: queueArn, Events: [] }, other] })],
  ])('restores those %s, and keeps the entries of others', (_, now) => {
    for (const prefix of ['', 'in/']) {
      const { QueueConfigurations, ...rest } = restored(now, prefix);
      expect(missingNotifications({ QueueConfigurations }, { queueArn, prefix })).toEqual([]);
      const ours = QueueConfigurations.filter((entry) => entry.QueueArn === queueArn);
      expect(ours).toEqual([
        expect.objectContaining({
          Filter: { Key: { FilterRules: prefix ? [{ Name: 'prefix', Value: prefix }] : [] } },
        }),
      ]);
      expect(QueueConfigurations.filter((entry) => entry.QueueArn !== queueArn)).toEqual(
        now.includes('theirs') ? [other] : [],
      );
      expect(rest).toEqual(now.includes('Topic') ? { TopicConfigurations: [topic] } : {});
    }
  });
});

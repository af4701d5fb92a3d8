import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repository } from '../../support/cli.ts';
import type { StageSettings } from '../run-app.ts';
import { model, resources, synthesize } from '../synthesize.ts';

/** What the stack policy of a stopped stage protects. */
function protectedResources(settings: StageSettings): string {
  const made = synthesize({ model, ...settings });
  return JSON.stringify(
    ['AWS::Lambda::EventSourceMapping', 'AWS::ApplicationAutoScaling::ScalableTarget'].map((type) =>
      resources(made, type),
    ),
  );
}

const changes: StageSettings = {
  ...{ alarmEmail: 'ops@example.org', batchSize: 32, classifier: 'lambda', crops: 10, dropBucket: 'my-photos' },
  ...{ dropPrefix: 'in/', customerKey: true, imagesPerWorker: 50_000, ingestConcurrency: 100, ingestMemory: 3538 },
  ...{ instanceTypes: ['g5.xlarge'], logDays: 7, maxWorkers: 8, messageDays: 7, monthlyBudget: 200, paused: true },
  ...{ production: true, spotPercent: 50, transport: 'packed', egress: 'nat' },
};

it('the runbook lists the settings that cannot be deployed while a stage is stopped', () => {
  const before = protectedResources({});
  const refused = Object.entries(changes).flatMap(([name, value]) =>
    protectedResources({ [name]: value }) === before ? [] : [name],
  );
  const runbook = readFileSync(join(repository, 'docs/runbook.md'), 'utf8').replaceAll(/\s+/g, ' ');
  const [, listed = ''] = /\*\*Refused while stopped\*\* are changes of (.*?):/.exec(runbook) ?? [];
  expect([...listed.matchAll(/`(\w+)`/g)].map(([, name]) => name).toSorted()).toEqual(refused.toSorted());
});

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { classifiers } from '../../infra/settings.ts';
import { cloudWatchPrices } from '../../shared/deployment/prices.ts';
import { repository } from '../support/cli.ts';
import { markdownTable, withBlock } from '../support/markdown-table.ts';
import { model, resources, synthesize } from './synthesize.ts';

const page = join(repository, 'docs/deploy.md');
const alarmSchema = z.looseObject({
  /** Undefined for an alarm on one metric. Expressions are not billed. */
  Metrics: z.array(z.looseObject({ MetricStat: z.unknown().optional() })).optional(),
});

/** The alarms of a template, and the metrics that are billed for them. */
function alarmsOf(classifier: (typeof classifiers)[number]): { readonly alarms: number; readonly metrics: number } {
  const alarms = resources(synthesize({ model, classifier }), 'AWS::CloudWatch::Alarm').map(
    ({ Properties }) => alarmSchema.parse(Properties).Metrics?.filter(({ MetricStat }) => MetricStat).length ?? 1,
  );
  return { alarms: alarms.length, metrics: alarms.reduce((sum, metrics) => sum + metrics, 0) };
}

/** Of the target tracking of a capacity provider: one that scales out, and one that scales in. */
const ofEcs = { gpu: 2, cpu: 2, lambda: 0 };

it('docs/deploy.md has the number of alarms and of the metrics they use, and their price', async () => {
  const rows = classifiers.map((classifier) => {
    const { alarms, metrics } = alarmsOf(classifier);
    const added = ofEcs[classifier];
    const dollars = (metrics + added) * cloudWatchPrices.alarmMonth;
    return [`\`${classifier}\``, String(alarms + added), String(metrics + added), `$${dollars.toFixed(2)}`];
  });
  const table = markdownTable([['classifier', 'alarms', 'metrics', 'a month'], ...rows]);
  await expect(withBlock(await readFile(page, 'utf8'), 'alarms', table)).toMatchFileSnapshot(page);
});

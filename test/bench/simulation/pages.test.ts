import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { assumptions } from '../../../bench/simulation/assumptions.ts';
import { incidentBudget, simulateIncidents } from '../../../bench/simulation/pipeline/incidents.ts';
import { simulate } from '../../../bench/simulation/pipeline/outcome.ts';
import { burst, defaultScenarios } from '../../../bench/simulation/pipeline/scenario.ts';
import { incidentCells, incidentHead, outcomeCells, outcomeHead } from '../../../bench/simulation/print.ts';
import type { StageSettings } from '../../infra/run-app.ts';
import { repository } from '../../support/cli.ts';
import { markdownTable, withBlock } from '../../support/markdown-table.ts';
import { deploymentOf } from './deployments.ts';

const costs = join(repository, 'docs/cost.md');
const decision = join(repository, 'docs/decisions/0018-simulated-scaling.md');

function outcomesOf(settings: StageSettings): string {
  const deployment = deploymentOf(settings);
  return markdownTable([
    outcomeHead,
    ...defaultScenarios.map((scenario) => outcomeCells(simulate(deployment, scenario))),
  ]);
}

function incidentsOf(settings: StageSettings): string {
  const deployment = deploymentOf({ monthlyBudget: incidentBudget, ...settings });
  return markdownTable([incidentHead, ...simulateIncidents(deployment).map(incidentCells)]);
}

const sizes = [
  [4, 50],
  [7, 50],
  [16, 50],
  [16, 125],
  [64, 500],
] as const;

function sizesTable(): string {
  const rows = sizes.map(([maxWorkers, ingestConcurrency]) => {
    const outcome = simulate(deploymentOf({ maxWorkers, ingestConcurrency }), burst(1e8));
    const [, , lastRow = '', ...others] = outcomeCells(outcome);
    return [maxWorkers, ingestConcurrency, lastRow, ...others.slice(-3)].map(String);
  });
  return markdownTable([['maxWorkers', 'ingestConcurrency', 'last row', ...outcomeHead.slice(-3)], ...rows]);
}

it('docs/cost.md has the figures that are simulated today', async () => {
  let page = await readFile(costs, 'utf8');
  page = withBlock(page, 'GPU workers', outcomesOf({}));
  page = withBlock(page, 'classify function', outcomesOf({ classifier: 'lambda' }));
  page = withBlock(page, 'sizes', sizesTable());
  page = withBlock(page, 'incidents with GPU workers', incidentsOf({}));
  page = withBlock(page, 'incidents with the classify function', incidentsOf({ classifier: 'lambda' }));
  await expect(page).toMatchFileSnapshot(costs);
});

it('docs/decisions/0018 lists every assumption with its source', async () => {
  const rows = Object.values(assumptions).map(({ what, value, unit, from }) => [
    what,
    `${value.toLocaleString('en')} ${unit}`,
    from,
  ]);
  const page = withBlock(
    await readFile(decision, 'utf8'),
    'assumptions',
    markdownTable([['what', 'value', 'from'], ...rows]),
  );
  await expect(page).toMatchFileSnapshot(decision);
});

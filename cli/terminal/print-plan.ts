import type { Assumption } from '../../jobs/cost/assumptions.ts';
import { assumptionsOf, type Estimate, notCounted } from '../../jobs/cost/estimate.ts';
import { amount, stages } from '../../jobs/cost/line.ts';
import type { Workload } from '../../jobs/cost/workload.ts';
import { byWorkers } from '../../plan/by-workers.ts';
import { peersOf } from '../../plan/peers.ts';
import { asOf, region } from '../../shared/deployment/prices.ts';
import type { Plan } from '../engine/plan/plan.ts';
import { countOf } from './count-of.ts';
import { centsText, dollarText } from './dollar-text.ts';
import { duration } from './duration.ts';
import { printPlanOptions } from './print-plan-options.ts';
import { printTable } from './print-table.ts';
import { workersOf } from './workers-of.ts';

/** Prints to stderr how many images have been listed. */
export function printListed(images: number): void {
  console.error(`${images.toLocaleString('en')} images so far`);
}

/** Prints the options of a job, and the cost and duration of the chosen one. @param columns see `terminalColumns` */
export function printPlan(plan: Plan, columns: number | undefined): void {
  const { estimate } = plan.chosen;
  const { job } = estimate;
  printPlanOptions(plan, columns);
  console.log(`\n${describeJob(estimate)}\n`);
  printTable(['', 'calculation', '$'], billRows(estimate), { columns, wrapped: 1 });
  console.log(
    `\n${dollarText(estimate.dollars)} in total, $${estimate.dollarsPerMillion.toFixed(2)} per million images`,
  );
  printWorkers(job, columns);
  explainIngest(estimate);
  warnOfExpiry(estimate);
  printPeers(job, columns);
  printAssumptions(assumptionsOf(job));
  console.log(`\nNot counted: ${notCounted.join('; ')}.`);
  console.log(`List prices of ${region} as of ${asOf}; Spot prices vary by hour and zone. --json has the sources.`);
}

/** Rows of a bill and its total, for a table of three columns. */
export function billRows({ lines, dollars }: Pick<Estimate, 'lines' | 'dollars'>): string[][] {
  const rows = stages.flatMap((part) => [
    [part, '', ''],
    ...lines
      .filter((line) => line.part === part)
      .map((line) => [`  ${line.what}`, line.formula, line.dollars.toFixed(3)]),
  ]);
  return [...rows, ['total', '', dollars.toFixed(3)]];
}

/** Describes the job of an estimate in one line. */
export function describeJob({ job, transport }: Estimate): string {
  const { images: count, bytes, megapixels, crops, regions, worker, workers } = job;
  const size = `${amount(Number((bytes / 1000).toPrecision(4)))} KB (${megapixels.toFixed(2)} megapixels)`;
  const cropping = crops === 1 ? 'one crop each' : `${crops} crops each`;
  const workersText = workersOf(worker, workers);
  const withRegions = regions > 0 ? ` and ${countOf(regions, 'region')}` : '';
  return `${countOf(count, 'image')} of ${size}, ${cropping}${withRegions}, sent ${transport}, classified by ${workersText}`;
}

function printWorkers(job: Workload, columns: number | undefined): void {
  console.log('\nDuration from the first image to the last row, by number of workers:\n');
  const rows = byWorkers(job).map(({ workers, hours, dollars }) => [
    String(workers),
    hours.toFixed(2),
    duration(hours * 3_600_000),
    centsText(dollars),
  ]);
  printTable(['workers', 'hours', '', '$ total'], rows, { columns, rightFrom: 0 });
}

function explainIngest({ job, limitedByIngest }: Estimate): void {
  if (!limitedByIngest) return;
  console.log(
    `\nIngest takes longest, with up to ${countOf(job.ingestConcurrency, 'function')} at the same time: more workers do not shorten the job; ` +
      'a --deadline plans more functions.',
  );
}

/** Crops that wait longer than the queue keeps them are lost to the job: their images must be retried. */
function warnOfExpiry({ hours, job: { messageDays } }: Estimate): void {
  if (hours <= messageDays * 24) return;
  console.log(
    `\nThe queue keeps crops for ${countOf(messageDays, 'day')}, and this job takes ${duration(hours * 3_600_000)}: the last images would be ` +
      'dropped. Plan more --workers, or more --message-days (the setting messageDays).',
  );
}

function printPeers({ images: count }: Workload, columns: number | undefined): void {
  console.log(`\nList prices of other services for ${countOf(count, 'image')}, one crop each:\n`);
  const rows = peersOf(count).map(({ name, how, dollars }) => [
    name,
    how,
    dollars === undefined ? 'none' : cents(dollars),
  ]);
  printTable(['', 'calculation', '$'], rows, { columns, wrapped: 1 });
}

function cents(dollars: number): string {
  return dollars.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** Prints the assumptions of an estimate, one per line. */
export function printAssumptions(all: readonly Assumption[]): void {
  console.log('\nAssumptions:');
  for (const { what, value, unit, from } of all) console.log(`  ${what}: ${amount(value)} ${unit} (${from})`);
}

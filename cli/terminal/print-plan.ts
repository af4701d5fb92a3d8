import type { Assumption } from '../../jobs/cost/assumptions.ts';
import { assumptionsOf, type Estimate, notCounted } from '../../jobs/cost/estimate.ts';
import { amount, stages } from '../../jobs/cost/line.ts';
import type { Workload } from '../../jobs/cost/workload.ts';
import { byInstance, byWorkers } from '../../plan/alternatives.ts';
import { peersOf } from '../../plan/peers.ts';
import { instancePrices, region } from '../../shared/deployment/prices.ts';
import { printTable } from './print-table.ts';
import { duration, images } from './words.ts';

/**
 * Prints what a job takes and costs, and what else it could.
 * @param columns characters per line, for which long arithmetic is wrapped; undefined elsewhere than on a terminal
 */
export function printPlan(estimate: Estimate, columns: number | undefined): void {
  const { job } = estimate;
  console.log(`${describeJob(estimate)}\n`);
  printTable(['', 'arithmetic', '$'], billRows(estimate), { columns, wrapped: 1 });
  console.log(
    `\n$${estimate.dollars.toFixed(2)} all in, $${estimate.dollarsPerMillion.toFixed(2)} for a million images`,
  );
  printWorkers(job, columns);
  printInstances(job, columns);
  printPeers(job, columns);
  printAssumptions(assumptionsOf(job));
  console.log(`\nNot counted: ${notCounted.join('; ')}.`);
  console.log(
    `List prices of ${region} as known on ${instancePrices.asOf}, nothing was asked for just now; Spot varies by hour and zone. ` +
      '--json has their sources.',
  );
}

/** The items of a bill with their sum, ready for a table of three columns. */
export function billRows({ lines, dollars }: Pick<Estimate, 'lines' | 'dollars'>): string[][] {
  const rows = stages.flatMap((part) => [
    [part, '', ''],
    ...lines
      .filter((line) => line.part === part)
      .map(({ what, formula, dollars: own }) => [`  ${what}`, formula, own.toFixed(3)]),
  ]);
  return [...rows, ['all in', '', dollars.toFixed(3)]];
}

/** What an estimate is of, in one line. */
export function describeJob({ job, transport }: Estimate): string {
  const { images: count, bytes, megapixels, crops, worker, workers } = job;
  const size = `${amount(Number((bytes / 1000).toPrecision(4)))} KB (${megapixels.toFixed(2)} megapixels)`;
  const own = crops === 1 ? 'one crop each' : `${crops} crops each`;
  const who =
    worker.kind === 'lambda'
      ? `${workers} CPU ${workers === 1 ? 'function' : 'functions'}`
      : `${workers} ${worker.instance}, ${market(worker.spotShare)}`;
  return `${amount(count)} ${images(count)} of ${size}, ${own}, sent ${transport}, classified by ${who}`;
}

function market(spotShare: number): string {
  if (spotShare === 1) return 'on Spot';
  return spotShare === 0 ? 'on demand' : `${amount(spotShare * 100)} % on Spot`;
}

function printWorkers(job: Workload, columns: number | undefined): void {
  console.log('\nWith so many workers, from the first image to the last row:\n');
  const rows = byWorkers(job).map(({ workers, hours, dollars }) => [
    String(workers),
    hours.toFixed(2),
    duration(hours * 3_600_000),
    dollars.toFixed(2),
  ]);
  printTable(['workers', 'hours', '', '$ all in'], rows, { columns, rightFrom: 0 });
}

function printInstances(job: Workload, columns: number | undefined): void {
  console.log(
    '\nGPU hours of all workers, start and end included; dollars for an hour, for these hours alone, and all in:\n',
  );
  const rows = byInstance(job).map(({ instance, rate, hours, onDemand, spot }) => [
    instance,
    amount(rate),
    hours.toFixed(2),
    ...[onDemand, spot].flatMap(({ hour, dollars, allIn }) => [hour.toFixed(3), dollars.toFixed(2), allIn.toFixed(2)]),
  ]);
  const head = ['instance', 'crops/s', 'GPU h', 'on demand', '$', 'all in', 'Spot', '$', 'all in'];
  printTable(head, rows, { columns, rightFrom: 1 });
}

function printPeers({ images: count }: Workload, columns: number | undefined): void {
  console.log(`\nBeside it, list prices of others for ${amount(count)} ${images(count)}, one crop each:\n`);
  const rows = peersOf(count).map(({ name, how, dollars }) => [
    name,
    how,
    dollars === undefined ? 'none' : cents(dollars),
  ]);
  printTable(['', 'arithmetic', '$'], rows, { columns, wrapped: 1 });
}

function cents(dollars: number): string {
  return dollars.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** What an estimate rests on, a line each. */
export function printAssumptions(all: readonly Assumption[]): void {
  console.log('\nIt rests on these figures too:');
  for (const { what, value, unit, from } of all) console.log(`  ${what}: ${amount(value)} ${unit} (${from})`);
}

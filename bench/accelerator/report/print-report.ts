import { countOf } from '../../../cli/terminal/count-of.ts';
import { duration } from '../../../cli/terminal/duration.ts';
import { percent } from '../../../cli/terminal/percent.ts';
import { printTable } from '../../../cli/terminal/print-table.ts';
import type { DeviceUse } from '../device/parse-device-sample.ts';
import type { Feed } from '../photos.ts';
import { describeOpened, describeReopened, formatRate } from './describe-finding.ts';
import { limitOf } from './limit.ts';
import { findingsOf, type Run } from './run.ts';

/** Prints what was found, also if it is not complete. */
export function printReport(
  runs: readonly Run[],
  feed: Pick<Feed, 'imagesPerSecond'> | undefined,
  cores: number,
): void {
  printParity(runs);
  const sampled = runs.some(({ findings }) => findings.some(({ device = {} }) => Object.keys(device).length > 0));
  const columns = sampled ? deviceColumns : noColumns;
  printRates(runs, columns);
  printPipelines(runs, { feed, cores, columns });
  printRest(runs);
}

function printParity(runs: readonly Run[]): void {
  const rows = runs.flatMap((run) =>
    findingsOf(run, 'parity').map(({ images, sameLabel, maxDifference, embeddingCosine }) => {
      const [opened] = findingsOf(run, 'opened');
      const own = opened?.shares.find(({ provider }) => provider === run.provider);
      const columns = [images, percent(sameLabel), maxDifference.toExponential(1), embeddingCosine.toFixed(5)];
      return [...nameOf(run), ...columns.map(String), percent(own?.nodes ?? 0), duration(opened?.ms ?? 0)];
    }),
  );
  if (rows.length === 0) return;
  console.log('\nAgreement with the float network on the CPU, and how much of the network runs on the provider:\n');
  const head = ['provider', 'network', 'photos', 'same label', 'max difference', 'cosine', 'nodes', 'opened in'];
  printTable(head, rows, { columns: undefined, rightFrom: 2 });
}

function printRates(runs: readonly Run[], { head: deviceHead, cells }: Columns): void {
  const cpu = runs.filter(({ provider }) => provider === 'cpu').flatMap((run) => findingsOf(run, 'rate'));
  const baseline = Math.max(...cpu.map(({ imagesPerSecond }) => imagesPerSecond));
  const rows = runs.flatMap((run) =>
    findingsOf(run, 'rate').map(({ batch, imagesPerSecond, p50Ms, p95Ms, difference, device }) => {
      const ratio = cpu.length === 0 ? '-' : formatRate(imagesPerSecond / baseline);
      const columns = [batch, formatRate(imagesPerSecond), ratio, milliseconds(p50Ms), milliseconds(p95Ms)];
      return [...nameOf(run), ...columns.map(String), ...cells(device), difference.toExponential(1)];
    }),
  );
  if (rows.length === 0) return;
  console.log('\nThe network alone, with batches in memory; "÷ CPU" compares with the fastest network on the CPU:\n');
  const head = [
    'provider',
    'network',
    'batch',
    'images/s',
    '÷ CPU',
    'p50 ms',
    'p95 ms',
    ...deviceHead,
    'max difference',
  ];
  printTable(head, rows, { columns: undefined, rightFrom: 2 });
}

interface Pipelines {
  readonly feed: Pick<Feed, 'imagesPerSecond'> | undefined;
  readonly cores: number;
  readonly columns: Columns;
}

function printPipelines(runs: readonly Run[], { feed, cores, columns: { head: deviceHead, cells } }: Pipelines): void {
  if (feed === undefined) return;
  const limits: string[] = [];
  const rows = runs.flatMap((run) =>
    findingsOf(run, 'pipeline').map((pipeline) => {
      const { batch, images, imagesPerSecond, inFlight, device } = pipeline;
      const network = findingsOf(run, 'rate').find((rate) => rate.batch === batch)?.imagesPerSecond ?? Number.NaN;
      const { limit, advice } = limitOf(run.provider, { network, feed: feed.imagesPerSecond, cores });
      if (advice !== undefined) limits.push(`${nameOf(run).join(' ')}: ${advice}`);
      const columns = [batch, images, formatRate(imagesPerSecond), percent(inFlight)].map(String);
      return [...nameOf(run), ...columns, ...cells(device), limit];
    }),
  );
  if (rows.length === 0) return;
  console.log(
    `\nThe full pipeline, from files to stored results; without the network ${formatRate(feed.imagesPerSecond)} images/s on ` +
      `${countOf(cores, 'core')}. "In flight" is the share of the time with a batch on the provider:\n`,
  );
  const head = ['provider', 'network', 'batch', 'photos', 'images/s', 'in flight', ...deviceHead, 'limit'];
  printTable(head, rows, { columns: undefined, rightFrom: 2 });
  for (const line of limits) console.log(line);
}

/** Where the networks ran, the memory of the processes, what was skipped or failed. */
function printRest(runs: readonly Run[]): void {
  const lines = runs.flatMap((run) => {
    const name = nameOf(run).join(' ');
    const [opened] = findingsOf(run, 'opened');
    const facts = [
      ...(opened === undefined ? [] : [describeOpened(opened)]),
      ...findingsOf(run, 'reopened').map(describeReopened),
      ...findingsOf(run, 'done').map(({ peakMemory }) => `the process took ${Math.round(peakMemory / 2 ** 20)} MiB`),
    ];
    const skipped = findingsOf(run, 'skipped').map(({ what, reason }) => `${name}: ${what} skipped: ${reason}`);
    const failed = findingsOf(run, 'failed').map(({ reason }) => `${name}: ${reason}`);
    return [...(facts.length === 0 ? [] : [`${name}: ${facts.join('; ')}`]), ...skipped, ...failed];
  });
  if (lines.length > 0) console.log(`\n${lines.join('\n')}`);
}

function nameOf({ provider, precision }: Run): [string, string] {
  return [provider, precision];
}

/** Columns about the card. */
interface Columns {
  readonly head: readonly string[];
  readonly cells: (use?: DeviceUse) => readonly string[];
}

/** Utilization, memory and power; a dash where nvidia-smi reports nothing. */
const deviceColumns: Columns = {
  head: ['GPU', 'MiB', 'W'],
  cells: ({ utilization, memoryMiB, powerWatts } = {}) => [
    utilization === undefined ? '-' : percent(utilization),
    memoryMiB === undefined ? '-' : String(memoryMiB),
    powerWatts === undefined ? '-' : powerWatts.toFixed(0),
  ],
};

/** Without nvidia-smi. */
const noColumns: Columns = { head: [], cells: () => [] };

function milliseconds(ms: number): string {
  return ms < 100 ? ms.toPrecision(3) : ms.toFixed(0);
}

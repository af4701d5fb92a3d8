import { assumptionsOf } from '../../plan/estimate.ts';
import { amount } from '../../plan/line.ts';
import type { Usage } from '../../plan/usage.ts';
import type { StatusCounts } from '../../query/status-counts.ts';
import { billRows, describeJob, printAssumptions } from './print-plan.ts';
import { printStatuses } from './print-statuses.ts';
import { printTable } from './print-table.ts';
import { duration, images } from './words.ts';

/** What results tell of their images, or of those of one job. */
export interface Status {
  readonly job: string | undefined;
  readonly store: string;
  /** All that have a row, the deleted among them. */
  readonly images: number;
  readonly counts: StatusCounts;
  /** When the first was ingested. */
  readonly first: Date;
  /** When the last was classified or rejected. */
  readonly last: Date;
  /** Between the two. */
  readonly seconds: number;
  /** Over that time; null where there was none. */
  readonly imagesPerSecond: number | null;
  /** Of the images that were read. */
  readonly bytes: number;
  readonly providers: readonly { readonly provider: string; readonly images: number }[];
  readonly usage: Usage;
}

/** @param columns characters per line; undefined elsewhere than on a terminal */
export function printStatus(status: Status, columns: number | undefined): void {
  const { job, images: count, counts, first, last, seconds, imagesPerSecond, bytes, providers } = status;
  const { classified, reasons, deleted } = counts;
  printStatuses([
    { status: 'classified', count: classified },
    ...reasons.map(({ reason, count: own }) => ({ status: 'rejected', reason, count: own })),
    ...(deleted > 0 ? [{ status: 'deleted', count: deleted }] : []),
  ]);
  const whose = job === undefined ? '' : ` of job ${job}`;
  const by = providers.map(({ provider, images: own }) => `${provider} (${amount(own)})`).join(', ');
  console.log(
    `${amount(count)} ${images(count)}${whose}, ${(bytes / 1e6).toFixed(1)} MB read${by === '' ? '' : `, classified by ${by}`}`,
  );
  const rate = imagesPerSecond === null ? '' : ` (${imagesPerSecond}/s)`;
  console.log(`${first.toISOString()} to ${last.toISOString()}: ${duration(seconds * 1000)}${rate}`);
  console.log('Images still on their way have no row, so that they are not among these.');
  printUsage(status.usage, columns);
}

function printUsage({ unbilled, estimates }: Usage, columns: number | undefined): void {
  if (unbilled > 0) {
    console.log(
      `${amount(unbilled)} ${images(unbilled)} of a folder used a machine of one's own, which AWS does not bill.`,
    );
  }
  for (const estimate of estimates) {
    console.log(`\nUsed, estimated by list prices: ${describeJob(estimate)}\n`);
    printTable(['', 'arithmetic', '$'], billRows(estimate), { columns, wrapped: 1 });
    console.log(
      '\nRows do not tell how many crops each image had, how many workers there were, of which type and market, or whether ' +
        'the CPU was that of a function: what this says of them is assumed.',
    );
    printAssumptions(assumptionsOf(estimate.job));
  }
}

import { amount } from '../../jobs/cost/line.ts';
import type { AwsOptions } from '../engine/command-watch.ts';
import { awsOf, followUp } from '../engine/follow-up.ts';
import type { Summary } from '../engine/run/summary.ts';
import { countOf } from './count-of.ts';
import { duration } from './duration.ts';
import { frequentLabelLines } from './frequent-label-lines.ts';
import { printRegionSummary, printRegionsCommand } from './print-region-summary.ts';
import { printStatuses } from './print-statuses.ts';
import { rateText } from './rate-text.ts';

/** One, and several of a kind. */
const skippedNames: Readonly<Record<string, readonly [one: string, several: string]>> = {
  hidden: ['hidden name', 'hidden names'],
  'folder marker': ['empty folder marker', 'empty folder markers'],
  // The folder of a store may be one name.
  store: ['file or folder of a store', 'files or folders of stores'],
};

/** @param aws how the store was reached, for the follow-up command */
export function printSummary(summary: Summary, aws: AwsOptions): void {
  const {
    labels,
    regions,
    skipped,
    total,
    done,
    classified,
    rejected,
    reasons,
    deleted,
    pending,
    seconds,
    imagesPerSecond,
    store,
    job,
  } = summary;
  printStatuses([
    ...(done > 0 ? [{ status: 'done before', count: done }] : []),
    ...(classified > 0 || done === 0 ? [{ status: 'classified', count: classified }] : []),
    ...Object.entries(reasons).map(([reason, count]) => ({ status: 'rejected', reason, count })),
    ...(pending > 0 ? [{ status: 'pending', count: pending }] : []),
  ]);
  const rate = classified + rejected > 0 ? ` (${rateText(imagesPerSecond)})` : '';
  console.log(
    `${countOf(total, 'image')} of job ${job} in ${duration(seconds * 1000)}${rate}: ` +
      `${classified} classified, ${rejected} rejected${done > 0 ? `, ${done} done before` : ''}` +
      `${pending > 0 ? `, ${pending} pending` : ''}${deleted > 0 ? `; ${deleted} deleted` : ''}`,
  );
  const images = done > 0 ? ` of the ${countOf(classified, 'new image')}` : '';
  for (const line of frequentLabelLines(`Most frequent labels${images}: `, labels, classified)) console.log(line);
  if (regions !== undefined && classified > 0) printRegionSummary(regions, classified);
  const names = Object.entries(skipped).map(([why, count]) => {
    const [one, several] = skippedNames[why] ?? [why, why];
    return `${amount(count)} ${count === 1 ? one : several}`;
  });
  if (names.length > 0) console.log(`Skipped: ${names.join(', ')}`);
  if (classified + rejected + done + deleted > 0) {
    console.log(`Results are in ${store}: ${followUp('results', { store, ...awsOf(aws, store) })}`);
    if (regions !== undefined) printRegionsCommand(store, aws);
  }
  if (summary.interrupted) console.log('Interrupted: run the same command again to continue.');
  else if (pending > 0) console.log('Pending images have no outcome yet: run the same command again to retry them.');
}

import { amount } from '../../jobs/cost/line.ts';
import type { Retried } from '../../jobs/retry/retry.ts';
import { countOf } from './count-of.ts';
import { printTable } from './print-table.ts';

/** Prints the outcome of a retry, or of a dry run. */
export function printRetried(
  { jobs, ...done }: Retried,
  {
    json = false,
    dryRun = false,
    deleteFinished = false,
  }: { readonly json?: boolean; readonly dryRun?: boolean; readonly deleteFinished?: boolean },
): void {
  if (json) {
    console.log(JSON.stringify({ ...done, jobs: [...jobs], dryRun }));
    return;
  }
  const { submitted, redriven, replaced, finished, kept, unreadable, left, refused, fault, more, interrupted } = done;
  const rows = Object.entries(done.reasons).map(([reason, count]) => [reason, amount(count)]);
  if (rows.length > 0) printTable(['reason', dryRun ? 'would be sent' : 'sent'], rows, { columns: undefined });
  const would = dryRun ? ' would be' : '';
  const was = (count: number) => would || (count === 1 ? ' was' : ' were');
  console.log(`${countOf(submitted, 'image')}${was(submitted)} submitted again`);
  if (redriven > 0) {
    console.log(`${countOf(redriven, 'dead letter')}${was(redriven)} sent back to the original queue`);
  }
  if (replaced > 0) {
    console.log(
      `${countOf(replaced, 'dead letter')}${was(replaced)} deleted, because the images were sent another way`,
    );
  }
  if (deleteFinished && finished > 0) {
    console.log(`${countOf(finished, 'dead letter')} of classified images${was(finished)} deleted`);
  }
  if (kept > 0) {
    const hint =
      unreadable > 0 ? `, ${amount(unreadable)} of them unreadable: --reason invalid_event sends them too` : '';
    console.log(`${countOf(kept, 'dead letter')} kept${hint}`);
    if (!deleteFinished && finished > 0) {
      console.log(`${amount(finished)} of them of images that were classified since: --delete-finished deletes them`);
    }
  }
  if (left > 0) {
    console.log(
      `${countOf(left, 'image')} cannot be submitted: they have no etag, or are in a folder, where "run" retries them`,
    );
  }
  if (refused > 0) console.log(`${amount(refused)} not accepted or not deleted, and kept: ${fault}`);
  if (more) console.log('Some dead letters were not read, because too many are kept.');
  if (interrupted)
    console.log('Interrupted: unsent images stay rejected, and unsent dead letters stay in their queue.');
}

import { amount } from '../../jobs/cost/line.ts';
import type { Retried } from '../../jobs/retry/retry.ts';
import { printTable } from './print-table.ts';
import { images } from './words.ts';

/** Prints what a retry did, or would do. */
export function printRetried(
  { jobs, ...done }: Retried,
  { json = false, dryRun = false }: { readonly json?: boolean; readonly dryRun?: boolean },
): void {
  if (json) {
    console.log(JSON.stringify({ ...done, jobs: [...jobs], dryRun }));
    return;
  }
  const { submitted, redriven, replaced, kept, unreadable, left, refused, fault, more, interrupted } = done;
  const rows = Object.entries(done.reasons).map(([reason, count]) => [reason, amount(count)]);
  if (rows.length > 0) printTable(['reason', dryRun ? 'would be sent' : 'sent'], rows, { columns: undefined });
  const would = dryRun ? ' would be' : '';
  const was = (count: number) => would || (count === 1 ? ' was' : ' were');
  console.log(`${amount(submitted)} ${images(submitted)}${was(submitted)} submitted again`);
  if (redriven > 0)
    console.log(`${amount(redriven)} ${letters(redriven)}${was(redriven)} sent back to where they came from`);
  if (replaced > 0)
    console.log(`${amount(replaced)} ${letters(replaced)}${was(replaced)} deleted, their images being sent otherwise`);
  if (kept > 0) {
    const which =
      unreadable > 0 ? `, of which ${amount(unreadable)} cannot be read: --reason invalid_event sends these too` : '';
    console.log(`${amount(kept)} ${letters(kept)} kept${which}`);
  }
  if (left > 0) {
    console.log(
      `${amount(left)} ${images(left)} cannot be submitted: of a folder, which "run" does again, or without an etag`,
    );
  }
  if (refused > 0) console.log(`${amount(refused)} not taken or not deleted, and kept: ${fault}`);
  if (more) console.log('Not all dead letters were looked at, as too many of them are kept.');
  if (interrupted) console.log('Interrupted: what was not sent stays where it was.');
}

function letters(count: number): string {
  return count === 1 ? 'dead letter' : 'dead letters';
}

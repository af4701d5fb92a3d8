import { amount } from '../../jobs/cost/line.ts';
import type { LetterCounts } from '../../jobs/retry/count-letters.ts';
import type { ReasonCount } from '../../results/questions/failed-images.ts';
import { failureReasons, isFailureReason, isRetryable } from '../../shared/failures/failure.ts';
import { printTable } from './print-table.ts';
import { images } from './words.ts';

/** What is known of a reason by its name. */
export function describeReason(reason: string): { readonly may_pass: boolean; readonly meaning: string } {
  if (!isFailureReason(reason)) return { may_pass: false, meaning: 'of another release of this program' };
  return { may_pass: isRetryable(reason), meaning: failureReasons[reason].meaning };
}

/** @param columns characters per line; undefined elsewhere than on a terminal */
export function printFailures(
  counts: readonly ReasonCount[],
  letters: readonly LetterCounts[],
  columns: number | undefined,
): void {
  const total = counts.reduce((sum, { images: own }) => sum + own, 0);
  if (total === 0) console.log('No image was rejected.');
  else {
    printReasons(
      counts.map(({ reason, images: count }) => ({ reason, count })),
      'images',
      columns,
    );
    console.log(`${amount(total)} ${images(total)} rejected\n`);
  }
  for (const { url, reasons, unreadable, others, more } of letters) {
    console.log(`Dead letters in ${url}${more ? ', not all of them' : ''}`);
    const rows = reasons.map(({ reason, letters: count }) => ({ reason, count }));
    if (rows.length > 0) printReasons(rows, 'letters', columns);
    if (unreadable > 0) console.log(`${amount(unreadable)} of them cannot be read`);
    if (others > 0)
      console.log(`${amount(others)} others: of images that were classified or deleted since, or not asked for`);
    console.log('');
  }
}

function printReasons(
  rows: readonly { readonly reason: string; readonly count: number }[],
  what: string,
  columns: number | undefined,
): void {
  const cells = rows.map(({ reason, count }) => {
    const { may_pass, meaning } = describeReason(reason);
    return [reason, meaning, may_pass ? 'yes' : 'no', amount(count)];
  });
  printTable(['reason', 'meaning', 'may pass', what], cells, { columns, wrapped: 1 });
}

import { amount } from '../../jobs/cost/line.ts';
import type { LetterCounts } from '../../jobs/retry/count-letters.ts';
import type { FailureCounts, FailureFilter } from '../../results/questions/failed-images.ts';
import { failureReasons, isFailureReason, isRetryable } from '../../shared/failures/failure.ts';
import { countOf } from './count-of.ts';
import { printTable } from './print-table.ts';

/** Meaning of a failure reason, and whether a retry could succeed. */
export function describeReason(reason: string): { readonly retryable: boolean; readonly meaning: string } {
  if (!isFailureReason(reason)) return { retryable: false, meaning: 'unknown to this version of inception-batch' };
  return { retryable: isRetryable(reason), meaning: failureReasons[reason].meaning };
}

/** @param columns see `terminalColumns` */
export function printFailures(
  { images, reasons: counts }: FailureCounts,
  letters: readonly LetterCounts[],
  { filter, columns }: { readonly filter: FailureFilter; readonly columns: number | undefined },
): void {
  if (images === 0) {
    const isFiltered = Object.values(filter).some((each) => each !== undefined);
    console.log(isFiltered ? 'No rejected image matches these options.' : 'No images were rejected.');
  } else {
    printReasons(
      counts.map(({ reason, images: count }) => ({ reason, count })),
      'images',
      columns,
    );
    console.log(`${countOf(images, 'image')} rejected\n`);
  }
  for (const { url, reasons, unreadable, finished, others, more } of letters) {
    const counted = unreadable + finished + others + reasons.length;
    if (counted === 0 && !more) {
      console.log(`No dead letters in ${url}`);
      continue;
    }
    console.log(`Dead letters in ${url}${more ? ', only some of them counted' : ''}`);
    const rows = reasons.map(({ reason, letters: count }) => ({ reason, count }));
    if (rows.length > 0) printReasons(rows, 'letters', columns);
    if (unreadable > 0) console.log(`${amount(unreadable)} of them unreadable`);
    if (finished > 0) {
      console.log(`${amount(finished)} of images that were classified since: nothing is lost`);
    }
    if (others > 0) {
      console.log(
        `${amount(others)} others: their images were deleted or overwritten later, or do not match the options`,
      );
    }
    console.log('');
  }
}

function printReasons(
  rows: readonly { readonly reason: string; readonly count: number }[],
  what: string,
  columns: number | undefined,
): void {
  const cells = rows.map(({ reason, count }) => {
    const { retryable, meaning } = describeReason(reason);
    return [reason, meaning, retryable ? 'yes' : 'no', amount(count)];
  });
  printTable(['reason', 'meaning', 'retryable', what], cells, { columns, wrapped: 1 });
}

import type { TimedCompaction } from '../engine/compact.ts';
import { countOf } from './count-of.ts';
import { duration } from './duration.ts';

export function printCompaction(
  { partsBefore, partsAfter, rowsRemoved, seconds, interrupted }: TimedCompaction,
  store: string,
): void {
  const took = `in ${duration(seconds * 1000)}${interrupted ? ', interrupted' : ''}`;
  const parts = `${countOf(partsBefore, 'part')} in ${store}`;
  if (partsAfter === partsBefore && rowsRemoved === 0) console.log(`${parts}, already compact, ${took}`);
  else {
    const rows = rowsRemoved === 0 ? '' : `, ${countOf(rowsRemoved, 'redundant row')} removed`;
    console.log(`${parts} became ${partsAfter}${rows}, ${took}`);
  }
}

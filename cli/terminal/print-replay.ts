import { type SkipReason, skipReasons } from '../../lambdas/ingest/skip-events.ts';
import type { ResultRow } from '../../shared/rows/row.ts';
import type { Replayed } from '../engine/replay/replay.ts';
import { countOf } from './count-of.ts';

const skipTexts: Readonly<Record<SkipReason, string>> = {
  clutter: 'a hidden name or an empty folder',
  output: 'written by the pipeline itself',
  superseded: 'another event is about the same object',
};

export function printReplay({ handler, messages, failures, rows, leftOut }: Replayed): void {
  for (const row of rows) console.log(describeRow(row));
  for (const reason of skipReasons) {
    const count = leftOut[reason];
    if (count !== undefined) console.log(`${countOf(count, 'event')} skipped: ${skipTexts[reason]}`);
  }
  console.log(
    `${handler}: ${countOf(messages, 'message')}, ${countOf(rows.length, 'row')}, ${failures.length} to be delivered again` +
      failures.map(({ messageId, reason, message }) => `\n  ${messageId}: ${reason}: ${message}`).join(''),
  );
}

function describeRow(row: ResultRow): string {
  if (row.status === 'rejected') return `${row.key}: rejected, ${row.reason}: ${row.detail}`;
  if (row.status === 'deleted') return `${row.key}: deleted`;
  return `${row.key}: ${row.label} ${(row.probability * 100).toFixed(1)} %`;
}

import { skipReasons } from '../../lambdas/ingest/skip-events.ts';
import { escapeControls } from '../../results/export/escape-controls.ts';
import { displayLabel } from '../../shared/models/label-name.ts';
import type { ResultRow } from '../../shared/rows/row.ts';
import type { StoreOptions } from '../engine/locations.ts';
import type { Replayed, SkippedEvent } from '../engine/replay/replay.ts';
import { summarizeRegions } from '../engine/run/region-summary.ts';
import { RegionTally } from '../engine/run/region-tally.ts';
import { countOf } from './count-of.ts';
import { printRegionSummary, printRegionsCommand } from './print-region-summary.ts';

const skipTexts: Readonly<Record<SkippedEvent['reason'], string>> = {
  clutter: 'a hidden name or an empty folder',
  output: 'written by the pipeline itself',
  superseded: 'another event is about the same object',
  other_event: 'neither an upload nor a deletion',
};
/** Names shown of events that are skipped for one reason. */
const maxNames = 5;

/** @param options where the rows were stored, for the follow-up command */
export function printReplay(replayed: Replayed, { store, ...aws }: StoreOptions): void {
  const { handler, messages, failures, rows, invalidRecords, skipped } = replayed;
  for (const row of rows) console.log(escapeControls(describeRow(row)));
  for (const reason of [...skipReasons, 'other_event'] as const) {
    const names = skipped.filter((event) => event.reason === reason).map(({ name }) => name);
    if (names.length > 0) console.log(describeSkipped(names, reason));
  }
  if (invalidRecords.length > 0) {
    const lines = invalidRecords.map(({ messageId, problem }) => `\n  ${messageId}: ${problem}`).slice(0, maxNames);
    const more = invalidRecords.length - lines.length;
    console.log(
      `${countOf(invalidRecords.length, 'invalid record')}:${lines.join('')}${more > 0 ? `\n  and ${more} more` : ''}`,
    );
  }
  const again = failures.map(({ messageId, reason, message }) => escapeControls(`${messageId}: ${reason}: ${message}`));
  console.log(
    `${handler}: ${countOf(messages, 'message')}, ${countOf(rows.length, 'row')}, ${failures.length} to be delivered again` +
      again.map((line) => `\n  ${line}`).join(''),
  );
  printRegionsOf(rows, { store, ...aws });
}

function printRegionsOf(rows: readonly ResultRow[], { store, ...aws }: StoreOptions): void {
  const withRegions = rows.filter((row) => row.status === 'classified' && row.regions !== undefined);
  if (withRegions.length === 0) return;
  const tally = new RegionTally();
  for (const row of withRegions) tally.add(row);
  printRegionSummary(summarizeRegions(tally.counts), withRegions.length);
  printRegionsCommand(store, aws);
}

function describeSkipped(names: readonly string[], reason: SkippedEvent['reason']): string {
  const shown = names.slice(0, maxNames).map(escapeControls).join(', ');
  const more = names.length > maxNames ? ` and ${names.length - maxNames} more` : '';
  return `${countOf(names.length, 'event')} skipped, ${skipTexts[reason]}: ${shown}${more}`;
}

function describeRow(row: ResultRow): string {
  if (row.status === 'rejected') return `${row.key}: rejected, ${row.reason}: ${row.detail}`;
  if (row.status === 'deleted') return `${row.key}: deleted`;
  return `${row.key}: ${displayLabel(row)} ${(row.probability * 100).toFixed(1)} %`;
}

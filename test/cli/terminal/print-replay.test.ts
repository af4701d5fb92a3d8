import { afterEach, expect, it, vi } from 'vitest';
import type { Replayed } from '../../../cli/engine/replay/replay.ts';
import { printReplay } from '../../../cli/terminal/print-replay.ts';
import { classifiedRow, rejectedRow, storedRegion } from '../../support/result-rows.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

function printed(rows: Replayed['rows']): string {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const rest = { failures: [], invalidRecords: [], skipped: [], leftOut: {} };
  printReplay(
    { handler: 'ingest', messages: 1, response: { batchItemFailures: [] }, rows, ...rest },
    { store: 'replayed' },
  );
  return log.mock.calls.map(([line]) => String(line)).join('\n');
}

it('prints how many regions were kept, their most frequent labels, and the command that lists them', () => {
  const goldfish = { label: 'goldfish, Carassius auratus', label_id: 'n01443537' };
  const text = printed([
    classifiedRow('a.jpg', { regions: [storedRegion(goldfish), storedRegion(), storedRegion(goldfish)] }),
    classifiedRow('b.jpg', { regions: [] }),
    rejectedRow('note.txt'),
  ]);
  expect(text.split('\n').slice(-3)).toEqual([
    '3 regions kept, in 1 of 2 images',
    'Most frequent labels of regions: goldfish 2 (66.7 %), tench 1 (33.3 %)',
    'Regions: npx inception-batch results --regions --store replayed',
  ]);
});

it('prints nothing about regions without them', () => {
  expect(printed([classifiedRow('a.jpg'), rejectedRow('note.txt')])).not.toMatch(/region/i);
});

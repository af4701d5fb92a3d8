import recorded from './googlenet-ranges.json' with { type: 'json' };
import { parseRecordedRanges, type RecordedRanges } from './recorded-ranges.ts';

/** The ranges of GoogLeNet with its published weights, measured as decision 0026 states. */
export function googlenetRanges(): RecordedRanges {
  return parseRecordedRanges(recorded);
}

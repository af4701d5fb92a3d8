import { type EpochRecord, epochRecordSchema } from './epoch-record.ts';

/** The history as CSV (RFC 4180), one line per epoch; missing values are empty. */
export function historyCsv(history: readonly EpochRecord[]): string {
  const names = epochRecordSchema.keyof().options;
  const lines = history.map((record) => names.map((name) => record[name] ?? '').join(','));
  return `${[names.join(','), ...lines].join('\r\n')}\r\n`;
}

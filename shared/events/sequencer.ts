/**
 * Compares two sequencers of S3, which order the events of one key. They are hexadecimal numbers of different lengths,
 * longer than a double holds: without leading zeros the longer one is later, then the one that sorts later as text.
 * `sequencerOrder` gives the same order in SQL.
 * @returns below 0 if `one` is earlier, 0 if they are equal
 */
export function compareSequencers(one: string, other: string): number {
  const [a, b] = [digitsOf(one), digitsOf(other)];
  if (a.length !== b.length) return a.length - b.length;
  return a === b ? 0 : a < b ? -1 : 1;
}

/** SQL that orders rows as `compareSequencers` does: a pair that DuckDB compares field by field; null for no sequencer. */
export function sequencerOrder(column: string): string {
  const digits = `ltrim(lower(${column}), '0')`;
  return `if(${column} is null, null, row(length(${digits}), ${digits}))`;
}

function digitsOf(sequencer: string): string {
  return sequencer.toLowerCase().replace(/^0+/, '');
}

/**
 * Orders two events of one key by their sequencers: negative when `a` came first, 0 for the same event. S3 documents
 * them as hexadecimal text of varying length: the shorter is padded with zeros on the left, then text is compared.
 */
export function compareSequencers(a: string, b: string): number {
  const length = Math.max(a.length, b.length);
  const [first, second] = [a.padStart(length, '0'), b.padStart(length, '0')];
  if (first === second) return 0;
  return first < second ? -1 : 1;
}

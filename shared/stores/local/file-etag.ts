/**
 * Tag of a file's content: its size and its time of modification in nanoseconds, in hexadecimal. That is the quick
 * check of rsync: a digest would mean reading every byte of a folder again only to learn that nothing is new.
 */
export function fileEtag(stats: { readonly size: bigint; readonly mtimeNs: bigint }): string {
  return `${stats.size.toString(16)}-${stats.mtimeNs.toString(16)}`;
}

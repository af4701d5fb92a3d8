/**
 * Tag of a file's content: its size and its modification time in nanoseconds, in hexadecimal, as in rsync's quick check. A
 * digest would require reading every file of a folder just to find that nothing has changed.
 */
export function fileEtag(stats: { readonly size: bigint; readonly mtimeNs: bigint }): string {
  return `${stats.size.toString(16)}-${stats.mtimeNs.toString(16)}`;
}

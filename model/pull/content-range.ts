/** The range of a file that a response contains. */
export interface ContentRange {
  readonly start: number;
  /** Size of the whole file; undefined if the server does not state it. */
  readonly total: number | undefined;
}

/** Parses a `Content-Range` header in bytes (RFC 9110, 14.4); undefined if it is missing or not a range. */
export function parseContentRange(header: string | null): ContentRange | undefined {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(header ?? '') ?? [];
  if (start === undefined) return undefined;
  return { start: Number(start), total: total === '*' ? undefined : Number(total) };
}

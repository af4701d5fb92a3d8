/** The part of a file that an answer holds. */
export interface ContentRange {
  readonly start: number;
  /** Size of the whole file; undefined where the server does not say. */
  readonly total: number | undefined;
}

/** A `Content-Range` header in bytes (RFC 9110, 14.4); undefined when there is none or it is no range. */
export function parseContentRange(header: string | null): ContentRange | undefined {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(header ?? '') ?? [];
  if (start === undefined) return undefined;
  return { start: Number(start), total: total === '*' ? undefined : Number(total) };
}

import { UserError } from '../failures/user-error.ts';

/** A place that holds objects, as people write it: `s3://bucket/prefix` or the path of a folder. */
export type Location =
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string }
  | { readonly kind: 'folder'; readonly path: string };

/**
 * @throws {UserError} for a scheme other than `s3`, or no bucket
 */
export function parseLocation(text: string): Location {
  const scheme = /^([a-z0-9+.-]+):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    if (text === '') throw new UserError('expected a folder or s3://bucket/prefix, got nothing');
    return { kind: 'folder', path: text };
  }
  const [, bucket, prefix = ''] = /^[sS]3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s.exec(text) ?? [];
  if (scheme !== 's3' || bucket === undefined) {
    throw new UserError(`expected a folder or s3://bucket/prefix, got ${text}`);
  }
  return { kind: 's3', bucket, prefix };
}

/**
 * A place that can only be a bucket, as on AWS.
 * @throws {UserError} for anything but `s3://bucket/prefix`
 */
export function parseBucketLocation(text: string): { readonly bucket: string; readonly prefix: string } {
  const location = parseLocation(text);
  if (location.kind === 's3') return location;
  throw new UserError(`expected s3://bucket/prefix, got ${text}`);
}

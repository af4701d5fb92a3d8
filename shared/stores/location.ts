import { UserError } from '../failures/user-error.ts';

/** A parsed address of objects: `s3://bucket/prefix` or the path of a folder. */
export type Location =
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string }
  | { readonly kind: 'folder'; readonly path: string };

/**
 * @throws {UserError} for an empty text, another scheme than `s3`, or an invalid bucket name
 */
export function parseLocation(text: string): Location {
  const scheme = /^([a-z0-9+.-]+):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    if (text === '') throw new UserError('the location is empty: give a folder or s3://bucket/prefix');
    return { kind: 'folder', path: text };
  }
  const [, bucket, prefix = ''] = /^[sS]3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s.exec(text) ?? [];
  if (scheme !== 's3' || bucket === undefined) {
    throw new UserError(`${text} is not a location: give a folder or s3://bucket/prefix`);
  }
  return { kind: 's3', bucket, prefix };
}

/**
 * Parses the address of a bucket, for functions on AWS.
 * @throws {UserError} for anything else than `s3://bucket/prefix`
 */
export function parseBucketLocation(text: string): { readonly bucket: string; readonly prefix: string } {
  const location = parseLocation(text);
  if (location.kind === 's3') return location;
  throw new UserError(`${text} is not in a bucket: give s3://bucket/prefix`);
}

import { fileURLToPath } from 'node:url';
import { UserError } from '../failures/user-error.ts';

/** A parsed address of objects: `s3://bucket/prefix` or the path of a folder. */
export type Location =
  /** `bucket` is a name, or the ARN of an access point, which S3 takes in the place of a name. */
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string }
  | { readonly kind: 'folder'; readonly path: string };

/**
 * @throws {UserError} for an empty text, another scheme than `s3`, a mistyped `s3:/bucket`, an invalid bucket name, or an
 * access point that spans Regions
 */
export function parseLocation(text: string): Location {
  const scheme = /^([a-z0-9+.-]+):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    if (text === '') throw new UserError('the location is empty: give a folder or s3://bucket/prefix');
    const [, mistyped] = /^s3:\/?([^/].*)$/is.exec(text) ?? [];
    if (mistyped === undefined) return { kind: 'folder', path: text };
    throw new UserError(`${text} is not a location: did you mean s3://${mistyped}?`);
  }
  const parsed = scheme === 's3' ? (parseAccessPoint(text) ?? parseBucket(text)) : undefined;
  if (parsed !== undefined) return { kind: 's3', ...parsed };
  const instead = scheme === 'file' ? withoutScheme(text) : undefined;
  if (instead !== undefined) throw new UserError(`${text} is not a location: give the path ${instead}`);
  const bucket = scheme === 's3' ? /^s3:\/\/([^/]+)/i.exec(text)?.[1] : undefined;
  const rule =
    bucket === undefined
      ? ''
      : `; the bucket name ${bucket} needs at least 3 lower-case letters, digits, ".", "-" and "_", not "." first`;
  throw new UserError(`${text} is not a location: give a folder or s3://bucket/prefix${rule}`);
}

/** The path of a `file:` URL; undefined if it has none on this machine. */
function withoutScheme(text: string): string | undefined {
  try {
    return fileURLToPath(text);
  } catch {
    return undefined;
  }
}

/** Names of before 2018 in the region us-east-1 have upper case, underscores, and up to 255 characters. */
function parseBucket(text: string): { bucket: string; prefix: string } | undefined {
  const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9._-]{2,254})(?:\/(.*))?$/is.exec(text) ?? [];
  return bucket === undefined ? undefined : { bucket, prefix };
}

/** `s3://arn:aws:s3:region:account:accesspoint/name/prefix`, as the AWS command line takes it. */
function parseAccessPoint(text: string): { bucket: string; prefix: string } | undefined {
  const { service, resource, name, prefix = '' } = accessPoint.exec(text)?.groups ?? {};
  if (service === undefined || name === undefined) return undefined;
  if (name.endsWith('.mrap')) {
    throw new UserError(`${text} spans Regions: give the bucket, or an access point of one Region`);
  }
  // Both notations name the same bucket, and rows must not differ by them.
  return { bucket: `${service}:${resource?.replaceAll(':', '/')}/${name}`, prefix };
}

const accessPoint =
  /^s3:\/\/(?<service>arn:aws[a-z-]*:(?:s3|s3-object-lambda|s3-outposts):[a-z0-9-]*:\d{12}):(?<resource>accesspoint|outpost[/:][a-z0-9-]+[/:]accesspoint)[/:](?<name>[a-z0-9.-]+)(?:\/(?<prefix>.*))?$/is;

/**
 * Parses the address of a bucket, for functions on AWS.
 * @throws {UserError} for anything else than `s3://bucket/prefix`
 */
export function parseBucketLocation(text: string): { readonly bucket: string; readonly prefix: string } {
  const location = parseLocation(text);
  if (location.kind === 's3') return location;
  throw new UserError(`${text} is not in a bucket: give s3://bucket/prefix`);
}

import { basename } from 'node:path';
import type { OpenedLocation } from './locations.ts';

/** Job name if none is given: the name of the folder of images, of the bucket, or of the access point. */
export function defaultJobName({ kind, bucket, prefix }: Pick<OpenedLocation, 'kind' | 'bucket' | 'prefix'>): string {
  if (kind === 'folder') return basename(bucket) || 'default';
  return prefix.split('/').findLast((name) => name !== '') ?? bucket.slice(bucket.lastIndexOf('/') + 1);
}

import { basename } from 'node:path';
import type { OpenedLocation } from './locations.ts';

/**
 * Job name if none is given: the name of the folder of images, of the bucket, or of the access point. Control characters,
 * which no job name contains, become "_".
 */
export function defaultJobName(location: Pick<OpenedLocation, 'kind' | 'bucket' | 'prefix'>): string {
  return nameOf(location).replaceAll(/\p{Cc}/gu, '_');
}

function nameOf({ kind, bucket, prefix }: Pick<OpenedLocation, 'kind' | 'bucket' | 'prefix'>): string {
  if (kind === 'folder') return basename(bucket) || 'default';
  return prefix.split('/').findLast((name) => name !== '') ?? bucket.slice(bucket.lastIndexOf('/') + 1);
}

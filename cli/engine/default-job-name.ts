import { basename } from 'node:path';
import type { OpenedLocation } from './locations.ts';

/** What a job is called unless it is said: as the folder that its images are in, or else the bucket. */
export function defaultJobName({ kind, bucket, prefix }: Pick<OpenedLocation, 'kind' | 'bucket' | 'prefix'>): string {
  if (kind === 'folder') return basename(bucket) || 'default';
  return prefix.split('/').findLast((part) => part !== '') ?? bucket;
}

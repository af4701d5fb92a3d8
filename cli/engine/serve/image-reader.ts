import { isAbsolute } from 'node:path';
import type { ImageObjects } from '../../../gallery/server/thumbnails/thumbnails.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { once } from '../../../shared/flow/once.ts';
import { underPrefix } from '../../../shared/stores/keys.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import type { ObjectAddress } from '../../../shared/stores/ports.ts';
import type { AwsOptions } from '../command-watch.ts';
import type { OpenedLocation } from '../locations.ts';
import { openS3 } from '../open-s3.ts';

/**
 * Reads images from the bucket of each: an absolute path is a folder, another name is an S3 bucket. Images that were
 * moved are read from one location by their keys. Others may write to results in a bucket, so these must not decide
 * which local files are read: a folder that they name is not read unless the user gives it.
 */
export function imageReader(
  aws: AwsOptions,
  { store, moved }: { store: OpenedLocation['kind']; moved: OpenedLocation | undefined },
): ImageObjects {
  if (moved !== undefined) {
    const { objects, bucket, prefix } = moved;
    return { read: ({ key }, options) => objects.read({ bucket, key: underPrefix(prefix, key) }, options) };
  }
  const folders = new FolderStore();
  const s3 = once(() => openS3(aws));
  return {
    async read(address: ObjectAddress, options) {
      if (!isAbsolute(address.bucket)) return (await s3()).read(address, options);
      if (store === 'folder') return folders.read(address, options);
      throw new Failure(
        'unreadable',
        'the image was in a folder, which is not read for results in a bucket: give --images',
      );
    },
    async etag(address) {
      return isAbsolute(address.bucket) && store === 'folder' ? folders.etag(address) : undefined;
    },
  };
}

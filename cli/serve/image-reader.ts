import { isAbsolute } from 'node:path';
import { awsClients } from '../../shared/aws/clients.ts';
import { S3Store } from '../../shared/aws/s3-store.ts';
import { underPrefix } from '../../shared/keys.ts';
import { FolderStore } from '../../shared/local/folder-store.ts';
import { once } from '../../shared/once.ts';
import type { ObjectAddress, ObjectStore } from '../../shared/ports.ts';
import type { AwsOptions, Place } from '../places.ts';

/**
 * Where images are read from: each in its own bucket, an absolute path being a folder and any other name one of S3. Or all
 * of them by their keys below one place, where they have been moved to.
 */
export function imageReader(aws: AwsOptions, moved: Place | undefined): Pick<ObjectStore, 'read'> {
  if (moved !== undefined) {
    const { objects, bucket, prefix } = moved;
    return { read: ({ key }, options) => objects.read({ bucket, key: underPrefix(prefix, key) }, options) };
  }
  const folders = new FolderStore();
  const s3 = once(async () => new S3Store(awsClients(aws).s3));
  return {
    async read(address: ObjectAddress, options) {
      const store = isAbsolute(address.bucket) ? folders : await s3();
      return store.read(address, options);
    },
  };
}

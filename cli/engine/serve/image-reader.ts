import { isAbsolute } from 'node:path';
import { Failure } from '../../../shared/failures/failure.ts';
import { once } from '../../../shared/flow/once.ts';
import { awsClients } from '../../../shared/stores/aws/clients.ts';
import { S3Store } from '../../../shared/stores/aws/s3-store.ts';
import { underPrefix } from '../../../shared/stores/keys.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import type { ObjectAddress, ObjectStore } from '../../../shared/stores/ports.ts';
import type { AwsOptions, OpenedLocation } from '../locations.ts';

/**
 * Where images are read from: each in its own bucket, an absolute path being a folder and any other name one of S3. Or all
 * of them by their keys below one place, where they have been moved to. Results in a bucket, which others may write to, do
 * not decide what is read from this machine: a folder that they name is read only where it is said that images are there.
 */
export function imageReader(
  aws: AwsOptions,
  { store, moved }: { store: OpenedLocation['kind']; moved: OpenedLocation | undefined },
): Pick<ObjectStore, 'read'> {
  if (moved !== undefined) {
    const { objects, bucket, prefix } = moved;
    return { read: ({ key }, options) => objects.read({ bucket, key: underPrefix(prefix, key) }, options) };
  }
  const folders = new FolderStore();
  const s3 = once(async () => new S3Store(awsClients(aws).s3));
  return {
    async read(address: ObjectAddress, options) {
      if (!isAbsolute(address.bucket)) return (await s3()).read(address, options);
      if (store === 'folder') return folders.read(address, options);
      throw new Failure(
        'unreadable',
        'it was in a folder, which results in a bucket may not name: say where with --images',
      );
    },
  };
}

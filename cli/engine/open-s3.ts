import type { S3Store, S3StoreOptions } from '../../shared/stores/aws/s3-store.ts';
import type { AwsOptions } from './command-watch.ts';
import { watchedClients } from './watched-clients.ts';

/** Opens S3 for a command. The code for it is loaded only here, see `watchedClients`. */
export async function openS3(aws: AwsOptions, options?: S3StoreOptions): Promise<S3Store> {
  const { S3Store: Store } = await import('../../shared/stores/aws/s3-store.ts');
  const { s3 } = await watchedClients(aws);
  return new Store(s3, options);
}

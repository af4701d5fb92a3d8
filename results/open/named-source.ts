import { stat } from 'node:fs/promises';
import { UserError } from '../../shared/failures/user-error.ts';
import type { awsClients } from '../../shared/stores/aws/clients.ts';
import { errorCode } from '../../shared/stores/local/file-failure.ts';
import { userCacheFolder, userCacheFolderIfAny } from '../../shared/stores/local/user-cache-folder.ts';
import { parseLocation } from '../../shared/stores/location.ts';
import { nearbyStore } from './nearby-store.ts';
import type { ResultsSource } from './parts.ts';

/** Where results are, and the store's name as the user gave it. */
export interface NamedSource {
  readonly source: ResultsSource;
  readonly name: string;
}

/**
 * Where the parts of a store are.
 * @param store a folder or `s3://bucket/prefix`
 * @throws {UserError} for an invalid location or a missing folder, suggesting a store near it
 */
export async function namedSource(store: string, aws: Parameters<typeof awsClients>[0]): Promise<NamedSource> {
  if (typeof store !== 'string') throw new UserError('give a store: a folder or s3://bucket/prefix');
  const location = parseLocation(store);
  if (location.kind === 'folder') {
    await stat(location.path).catch(async (cause: unknown) => {
      if (errorCode(cause) !== 'ENOENT') throw cause;
      const near = await nearbyStore(store);
      const meant = near === undefined ? '' : ` (did you mean ${near}?)`;
      throw new UserError(`no results in ${store}: the folder does not exist${meant}; give the store of "run"`, {
        cause,
      });
    });
    const cacheFolder = userCacheFolderIfAny('parts');
    const source = { kind: 'folder', path: location.path, ...(cacheFolder !== undefined && { cacheFolder }) } as const;
    return { source, name: store };
  }
  const { bucket, prefix } = location;
  // The SDK is loaded only for a bucket.
  const [{ awsClients: clients }, { S3Store }] = await Promise.all([
    import('../../shared/stores/aws/clients.ts'),
    import('../../shared/stores/aws/s3-store.ts'),
  ]);
  const objects = new S3Store(clients(aws).s3);
  const cacheFolder = userCacheFolder('parts');
  return { source: { kind: 'remote', store: objects, bucket, prefix, cacheFolder }, name: store };
}

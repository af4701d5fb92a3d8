import { LIST, listValue, VARCHAR } from '@duckdb/node-api';
import { imageId } from '../../shared/images/image.ts';
import type { ListedObject } from '../../shared/stores/ports.ts';
import type { Results } from '../open/open-results.ts';
import { type Computation, finishedCondition, finishedParameters } from './finished-images.ts';

/**
 * Tells of some objects below a prefix at a time which need not be computed again, as `finishedImages` does of all: of ten
 * million, these would fill the memory.
 * @returns their `imageId`s, as listed
 * @throws {UserError} naming a part that cannot be read
 */
export async function finishedLookup(
  { connection, explain }: Pick<Results, 'connection' | 'explain'>,
  computation: Computation,
  { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
): Promise<(objects: readonly ListedObject[]) => Promise<Set<string>>> {
  try {
    // In the order in which objects are listed, so that a look-up reads only where these are.
    await connection.run(
      `create temp table finished as
       select key, etag from results where bucket = $bucket and starts_with(key, $prefix) and ${finishedCondition}
       order by key`,
      { ...finishedParameters(computation), bucket, prefix },
    );
  } catch (error) {
    throw await explain(error);
  }
  return async (objects) => {
    const keys = listValue(objects.map(({ key }) => key));
    const reader = await connection.runAndReadAll(
      'select key, etag from finished where key in (select unnest($keys))',
      { keys },
      { keys: LIST(VARCHAR) },
    );
    return new Set(reader.getRows().map(([key, etag]) => imageId({ bucket, key: String(key), etag: String(etag) })));
  };
}

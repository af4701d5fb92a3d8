import { LIST, listValue, VARCHAR } from '@duckdb/node-api';
import { z } from 'zod';
import { imageId } from '../../shared/images/image.ts';
import type { ListedObject } from '../../shared/stores/ports.ts';
import type { Results } from '../open/open-results.ts';
import type { Computation } from './computation.ts';
import { finishedCondition, finishedParameters } from './finished-images.ts';

const foundSchema = z.array(z.object({ key: z.string(), etag: z.string() }));

/**
 * Prepares to look up which objects below a prefix are finished, as `finishedImages` defines it, some at a time: the
 * finished images of ten million would fill the memory.
 * @returns a function that gives the `imageId`s, without versions, of the finished ones among some objects
 * @throws {UserError} naming a part that cannot be read
 */
export async function finishedLookup(
  results: Results,
  computation: Computation,
  { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
): Promise<(objects: readonly ListedObject[]) => Promise<Set<string>>> {
  // In the order of listings, so that a look-up reads one range of the table.
  await results.run(
    `create temp table finished as
     select key, etag from results where bucket = $bucket and starts_with(key, $prefix) and ${finishedCondition}
     order by key`,
    { ...finishedParameters(computation), bucket, prefix },
  );
  return async (objects) => {
    const found = await results.query(
      foundSchema,
      'select key, etag from finished where key in (select unnest($keys))',
      { keys: listValue(objects.map(({ key }) => key)) },
      { keys: LIST(VARCHAR) },
    );
    return new Set(found.map(({ key, etag }) => imageId({ bucket, key, etag })));
  };
}

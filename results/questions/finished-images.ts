import { listValue } from '@duckdb/node-api';
import { contentReasons } from '../../shared/failures/failure.ts';
import type { ImageRow } from '../../shared/rows/row.ts';
import type { Results } from '../open/open-results.ts';

/** What an image was computed with. */
export interface Computation {
  /** See `modelId`. */
  readonly model: string;
  /** See `preprocessDigest`. */
  readonly preprocess: string;
}

/** Which rows are those of images that need not be computed again, with `finishedParameters`. */
export const finishedCondition = `etag is not null and model = $model and preprocess = $preprocess
  and (status = 'classified' or (status = 'rejected' and list_contains($contentReasons, reason)))`;

export function finishedParameters({ model, preprocess }: Computation) {
  return { model, preprocess, contentReasons: listValue([...contentReasons]) };
}

/**
 * How the images ended that need not be computed again, as `bucket/key@etag`: the classified, and those rejected for what
 * their bytes hold. Without those that were deleted: should the same bytes be there again, a new row has to say so. Not by
 * their ids, since a listing of a bucket with versions does not tell the current one.
 * @throws {UserError} naming a part that cannot be read.
 */
export async function finishedImages(
  results: Results,
  computation: Computation,
): Promise<Map<string, ImageRow['status']>> {
  const finished = new Map<string, ImageRow['status']>();
  try {
    const stream = await results.connection.stream(
      `select bucket || '/' || key || '@' || etag, status from results
       where ${finishedCondition}`,
      finishedParameters(computation),
    );
    for await (const chunk of stream) {
      const statuses = chunk.getColumnValues(1);
      for (const [row, image] of chunk.getColumnValues(0).entries()) {
        finished.set(String(image), statuses[row] === 'classified' ? 'classified' : 'rejected');
      }
    }
  } catch (error) {
    throw await results.explain(error);
  }
  return finished;
}

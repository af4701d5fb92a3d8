import { listValue } from '@duckdb/node-api';
import { contentReasons } from '../../shared/failures/failure.ts';
import type { ImageRow } from '../../shared/rows/row.ts';
import type { Results } from '../open/open-results.ts';
import type { Computation } from './computation.ts';

/** SQL condition for rows of finished images; its parameters are `finishedParameters`. */
export const finishedCondition = `etag is not null and model = $model and preprocess = $preprocess
  and (status = 'classified' or (status = 'rejected' and list_contains($contentReasons, reason)))`;

export function finishedParameters({ model, preprocess }: Computation) {
  return { model, preprocess, contentReasons: listValue([...contentReasons]) };
}

/**
 * The outcome of every finished image, by `bucket/key@etag`: classified, or rejected because of its content. A deleted image
 * is not finished: if the same bytes appear again, they need a new row. Keyed by etag instead of `image_id`, because a
 * listing of a versioned bucket does not contain the current version id.
 * @throws {UserError} naming a part that cannot be read
 */
export async function finishedImages(
  results: Results,
  computation: Computation,
): Promise<Map<string, ImageRow['status']>> {
  const finished = new Map<string, ImageRow['status']>();
  const chunks = results.streamChunks(
    `select bucket || '/' || key || '@' || etag, status from results where ${finishedCondition}`,
    finishedParameters(computation),
  );
  for await (const chunk of chunks) {
    const statuses = chunk.getColumnValues(1);
    for (const [row, image] of chunk.getColumnValues(0).entries()) {
      finished.set(String(image), statuses[row] === 'classified' ? 'classified' : 'rejected');
    }
  }
  return finished;
}

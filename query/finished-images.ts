import { listValue } from '@duckdb/node-api';
import { contentReasons } from '../shared/failure.ts';
import type { Results } from './open-results.ts';

/** What an image was computed with. */
export interface Computation {
  /** See `modelId`. */
  readonly model: string;
  /** See `preprocessDigest`. */
  readonly preprocess: string;
}

/**
 * The images that need not be computed again, as `bucket/key@etag`: the classified, and those rejected for what their
 * bytes hold. Not by their ids, since a listing of a bucket with versions does not tell the current one.
 * @throws {UserError} naming a part that cannot be read.
 */
export async function finishedImages(results: Results, { model, preprocess }: Computation): Promise<Set<string>> {
  const finished = new Set<string>();
  try {
    const stream = await results.connection.stream(
      `select bucket || '/' || key || '@' || etag from results where model = $model and preprocess = $preprocess
       and (status = 'classified' or list_contains($contentReasons, reason))`,
      { model, preprocess, contentReasons: listValue([...contentReasons]) },
    );
    for await (const chunk of stream) {
      for (const image of chunk.getColumnValues(0)) finished.add(String(image));
    }
  } catch (error) {
    throw await results.explain(error);
  }
  return finished;
}

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
 * Ids of the images that need not be computed again: the classified, and those rejected for what their bytes hold.
 * @throws {UserError} naming a part that cannot be read.
 */
export async function finishedImages(results: Results, { model, preprocess }: Computation): Promise<Set<string>> {
  const finished = new Set<string>();
  try {
    const stream = await results.connection.stream(
      `select image_id from results where model = $model and preprocess = $preprocess
       and (status = 'classified' or list_contains($contentReasons, reason))`,
      { model, preprocess, contentReasons: listValue([...contentReasons]) },
    );
    for await (const chunk of stream) {
      for (const imageId of chunk.getColumnValues(0)) finished.add(String(imageId));
    }
  } catch (error) {
    throw await results.explain(error);
  }
  return finished;
}

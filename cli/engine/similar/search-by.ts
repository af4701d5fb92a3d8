import { readFile, stat } from 'node:fs/promises';
import type { Results } from '../../../results/open/open-results.ts';
import { findImage } from '../../../results/similar/find-image.ts';
import type { Hit, SearchOptions, Similarity } from '../../../results/similar/similarity.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { defaultMaxBytes } from '../../../shared/images/decode/identify.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import type { ScoredLabel } from '../../../shared/rows/row.ts';
import { openEmbedder } from '../embed-image.ts';

/** What was found for one image. */
export interface Found {
  /** What the model sees in it; undefined for an image of the results, whose labels are there. */
  readonly best?: ScoredLabel | undefined;
  readonly hits: readonly Hit[];
}

/** Whether there is a file by this name. */
export async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}

/**
 * Images like one in a file.
 * @throws {UserError} saying why it is no image that can be decoded
 */
export async function searchByFile(
  path: string,
  model: Model,
  similarity: Similarity,
  wanted: SearchOptions,
): Promise<Found> {
  const { size } = await stat(path);
  if (size > defaultMaxBytes)
    throw new UserError(`expected an image of at most ${defaultMaxBytes} bytes, ${path} has ${size}`);
  const bytes = await readFile(path);
  const embedder = await openEmbedder(model);
  try {
    const { embedding, top } = await embedder.embed(bytes);
    return { best: top[0], hits: await similarity.nearest(embedding, wanted) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new UserError(`${path}: ${error.reason}: ${error.message}`, { cause: error });
  } finally {
    await embedder.close();
  }
}

/**
 * Images like one of the results.
 * @param name its id, its key, or the path of its file
 * @throws {UserError} where no image is called that, or several are
 */
export async function searchByName(
  name: string,
  results: Results,
  similarity: Similarity,
  wanted: SearchOptions,
): Promise<Found> {
  const imageId = await findImage(results, similarity, name);
  if (imageId !== undefined) return { hits: await similarity.nearestTo(imageId, wanted) };
  throw new UserError(
    (await isFile(name))
      ? `${name} is not in the results: --model <dir> tells what computes its embedding`
      : `no image ${name}: expected a file, or the key or id of an image in the results`,
  );
}

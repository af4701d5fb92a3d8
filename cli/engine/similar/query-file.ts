import { readFile, stat } from 'node:fs/promises';
import { Failure } from '../../../shared/failures/failure.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { defaultMaxBytes } from '../../../shared/images/decode/identify.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import type { Box } from '../../../shared/regions/region.ts';
import type { ScoredLabel } from '../../../shared/rows/row.ts';
import { openEmbedder } from '../open-embedder.ts';

/** What is searched for. */
export interface QueryImage {
  readonly embedding: Float32Array;
  /** The best label. */
  readonly best: ScoredLabel | undefined;
}

export async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}

/**
 * Computes the embedding of an image file, or of a box in it.
 * @throws {UserError} if the file is no image, or the box is not inside it
 */
export async function embedFile(path: string, model: Model, box?: Box): Promise<QueryImage> {
  const { size } = await stat(path);
  if (size > defaultMaxBytes) {
    throw new UserError(`${path} has ${size} bytes; an image may have at most ${defaultMaxBytes}`);
  }
  const bytes = await readFile(path);
  try {
    const { embedding, top } = await embed(bytes, model, box);
    return { embedding, best: top[0] };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new UserError(`${path}: ${error.reason}: ${error.message}`, { cause: error });
  }
}

async function embed(bytes: Uint8Array, model: Model, box: Box | undefined) {
  const embedder = await openEmbedder(model);
  try {
    return await (box === undefined ? embedder.embed(bytes) : embedder.embedBox(bytes, box));
  } finally {
    await embedder.close();
  }
}

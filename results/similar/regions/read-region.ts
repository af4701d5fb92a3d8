import { z } from 'zod';
import { UserError } from '../../../shared/failures/user-error.ts';
import { boxText } from '../../../shared/regions/box-text.ts';
import type { Box } from '../../../shared/regions/region.ts';
import type { Results } from '../../open/open-results.ts';
import type { Computation } from '../../questions/computation.ts';
import { shortNameOf, storedModels } from '../../questions/stored-models.ts';

const rowsSchema = z.array(
  z.object({
    ...{ x: z.number(), y: z.number(), width: z.number(), height: z.number() },
    embedding: z.array(z.number()).nullable(),
  }),
);
const computationsSchema = z.array(z.object({ model: z.string(), preprocess: z.string() }));

/**
 * Reads the embedding of a region of the results.
 * @param results opened with `regionEmbeddings`
 * @throws {UserError} if its embedding is not stored, or no region of the image has this box: naming the other model or
 *   preprocessing that has it, or else listing the regions of the image
 */
export async function readRegion(
  results: Results,
  space: Computation,
  imageId: string,
  box: Box,
): Promise<Float32Array> {
  const { model, preprocess } = space;
  const rows = await results.query(
    rowsSchema,
    `select x, y, width, height, embedding from regions
     where model = $model and preprocess = $preprocess and image_id = $imageId order by region`,
    { model, preprocess, imageId },
  );
  const found = rows.find((row) => boxText(row) === boxText(box));
  if (found === undefined) {
    const elsewhere = await modelWithBox(results, imageId, box);
    if (elsewhere !== undefined) {
      const here = shortNameOf(await storedModels(results), space);
      throw new UserError(`no region ${boxText(box)} of ${imageId} by ${here}: give --embedding-model ${elsewhere}`);
    }
    const known = rows.length === 0 ? 'it has no regions' : `its regions are ${rows.map(boxText).join(' ')}`;
    throw new UserError(`no region ${boxText(box)} of ${imageId}: ${known}`);
  }
  if (found.embedding === null) {
    throw new UserError(
      `the embedding of region ${boxText(box)} of ${imageId} is missing: copy the folder regions/ of the store too`,
    );
  }
  return Float32Array.from(found.embedding);
}

/** The model and preprocessing that kept this region of the image last, as tables name it. */
async function modelWithBox(
  results: Results,
  imageId: string,
  { x, y, width, height }: Box,
): Promise<string | undefined> {
  const [found] = await results.query(
    computationsSchema,
    `select model, preprocess from regions
     where image_id = $imageId and (x, y, width, height) = ($x, $y, $width, $height)
     order by classified_at desc, model, preprocess limit 1`,
    { imageId, x, y, width, height },
  );
  if (found === undefined) return undefined;
  return shortNameOf(await storedModels(results), found);
}

import { z } from 'zod';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { Box } from '../../../shared/regions/region.ts';
import type { Results } from '../../open/open-results.ts';
import type { Computation } from '../../questions/computation.ts';

const rowsSchema = z.array(
  z.object({
    ...{ x: z.number(), y: z.number(), width: z.number(), height: z.number() },
    embedding: z.array(z.number()).nullable(),
  }),
);

/**
 * Reads the embedding of a region of the results.
 * @param results opened with `regionEmbeddings`
 * @throws {UserError} listing the regions of the image if none has this box, or its embedding is not stored
 */
export async function readRegion(
  results: Results,
  { model, preprocess }: Computation,
  imageId: string,
  box: Box,
): Promise<Float32Array> {
  const rows = await results.query(
    rowsSchema,
    `select x, y, width, height, embedding from regions
     where model = $model and preprocess = $preprocess and image_id = $imageId order by region`,
    { model, preprocess, imageId },
  );
  const found = rows.find((row) => boxText(row) === boxText(box));
  if (found === undefined) {
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

/** As `--box` takes it. */
function boxText({ x, y, width, height }: Box): string {
  return [x, y, width, height].join();
}

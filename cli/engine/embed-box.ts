import { UserError } from '../../shared/failures/user-error.ts';
import { cropImage } from '../../shared/images/preprocess/crop-image.ts';
import { openSession } from '../../shared/inference/open-session.ts';
import { scoreCrops } from '../../shared/inference/score-crops.ts';
import { topK } from '../../shared/inference/top-k.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import { cutRegions } from '../../shared/regions/cut-regions.ts';
import type { FoundRegions, RegionSearch } from '../../shared/regions/find-regions.ts';
import { isInside } from '../../shared/regions/inside-image.ts';
import type { Box } from '../../shared/regions/region.ts';
import type { ScoredLabel } from '../../shared/rows/row.ts';
import { localLimits } from './local-limits.ts';

/**
 * Computes a region of an image as the pipeline computes the regions that it proposes.
 * @param box in pixels of the upright image
 * @returns the embedding, and the five most probable labels
 * @throws {Failure} for a fault of the content; {UserError} if the box is not inside the image
 */
export async function embedBox(
  bytes: Uint8Array,
  model: Model,
  box: Box,
): Promise<{ readonly embedding: Float32Array; readonly top: readonly ScoredLabel[] }> {
  const { labels, preprocess } = model.manifest;
  const find = async ({ image, original, crop }: RegionSearch): Promise<FoundRegions> => {
    const boxes = isInside(box, original) ? [{ ...box, objectness: 1 }] : [];
    return { boxes, pixels: cutRegions(image, original, boxes, crop) };
  };
  const rule = { ...preprocess, regions: { maximum: 1 } };
  const { regions, width, height } = await cropImage(bytes, rule, localLimits, undefined, undefined, find);
  const [pixels] = regions?.pixels ?? [];
  if (pixels === undefined) {
    const text = [box.x, box.y, box.width, box.height].join();
    throw new UserError(`--box ${text} is not inside the image, which has ${width} × ${height} pixels`);
  }
  const session = await openSession(model, { threads: 1 });
  try {
    const scores = await scoreCrops([{ count: 1, pixels }], { model, session, batchSize: 8 });
    return { embedding: scores.embeddings, top: topK(scores.probabilities, labels, 5) };
  } finally {
    await session.close();
  }
}

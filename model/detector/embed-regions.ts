import { defaultDecodeLimits } from '../../shared/images/decode/identify.ts';
import { cropImage } from '../../shared/images/preprocess/crop-image.ts';
import { type Scorer, scoreCrops } from '../../shared/inference/score-crops.ts';
import { preprocessWithCropRule } from '../../shared/models/model-manifest.ts';
import { cutRegions } from '../../shared/regions/cut-regions.ts';
import type { FoundRegions, RegionSearch } from '../../shared/regions/find-regions.ts';
import { pixelSpan } from '../../shared/regions/inside-image.ts';
import type { Proposer } from '../../shared/regions/proposer.ts';
import type { Box, ProposedRegion } from '../../shared/regions/region.ts';
import { type Size, scaleRegions } from '../../shared/regions/working-size.ts';
import type { AnnotatedObject } from './annotations/annotation.ts';

/** An image of which some regions are embedded. */
export interface EmbeddedRegions extends Size {
  /** Cut at the edges of the image. */
  readonly objects: readonly AnnotatedObject[];
  /** First those of the objects in whole pixels, then the proposals, in pixels of the upright image. */
  readonly boxes: readonly ProposedRegion[];
  /** Of the whole image, then of the boxes: [1 + boxes, embedding size]. */
  readonly embeddings: Float32Array;
}

export interface EmbedRegionsOptions {
  readonly scorer: Scorer;
  readonly proposer: Proposer;
  /** Maximum number of proposals. */
  readonly max: number;
  /** The objects of the image. Called before its pixels are decoded; may throw to prevent it. @param size of the upright image */
  readonly objectsIn: (size: Size) => readonly AnnotatedObject[];
}

/**
 * Embeds an image, its objects and its proposed regions, cut as `run --regions` cuts them.
 * @throws {Failure} as `cropImage` does
 */
export async function embedRegions(
  bytes: Uint8Array,
  { scorer, proposer, max, objectsIn }: EmbedRegionsOptions,
): Promise<EmbeddedRegions> {
  const { preprocess } = scorer.model.manifest;
  const rule = { ...preprocessWithCropRule(preprocess, 'center'), regions: { maximum: max } };
  let objects: readonly AnnotatedObject[] = [];
  const accept = (size: Size) => {
    objects = objectsIn(size);
  };
  const find = async ({ picture, image, original, crop }: RegionSearch): Promise<FoundRegions> => {
    const { width, height } = picture; // before the pixels move to another thread
    const proposals = scaleRegions(await proposer.propose(picture, { max }), { width, height }, original);
    const boxes = [...objects.map((object) => ({ ...wholePixels(object, original), objectness: 1 })), ...proposals];
    return { boxes, pixels: cutRegions(image, original, boxes, crop) };
  };
  const cropped = await cropImage(bytes, rule, defaultDecodeLimits, undefined, accept, find);
  const { tensor, regions = { boxes: [], pixels: [] }, width, height } = cropped;
  const crops = [tensor, ...regions.pixels.map((pixels) => ({ count: 1, pixels }))];
  const { embeddings } = await scoreCrops(crops, scorer);
  return { width, height, objects, boxes: regions.boxes, embeddings };
}

function wholePixels(box: Box, image: Size): Box {
  const [x, width] = pixelSpan(box.x, box.x + box.width, image.width);
  const [y, height] = pixelSpan(box.y, box.y + box.height, image.height);
  return { x, y, width, height };
}

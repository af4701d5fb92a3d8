import type { CropMessage, RegionCrops } from '../../shared/crops/crop-message.ts';
import { Failure } from '../../shared/failures/failure.ts';
import type { CropTensorLayout } from '../../shared/images/crop-tensor.ts';
import { cropBytes } from '../../shared/models/crops-of-image.ts';
import { maxRegionsOf, type RegionsRule } from '../../shared/models/regions-rule.ts';
import { boxText } from '../../shared/regions/box-text.ts';
import { isInside } from '../../shared/regions/inside-image.ts';

/**
 * Checks the boxes of an image's regions against the image and the preprocessing.
 * @returns `invalid_crop` if they do not fit, undefined if they do
 */
export function checkBoxes(
  { width, height, regions }: Pick<CropMessage, 'width' | 'height'> & BoxesOf,
  preprocess: { readonly regions?: RegionsRule | undefined },
): Failure | undefined {
  const maximum = maxRegionsOf(preprocess);
  if ((regions !== undefined) !== maximum > 0) {
    const [received, needed] = maximum > 0 ? ['no regions', 'them'] : ['regions', 'none'];
    return new Failure(
      'invalid_crop',
      `the message has ${received}, the model needs ${needed}: deploy ingest and classify of the same version`,
    );
  }
  const boxes = regions?.boxes ?? [];
  if (boxes.length > maximum) {
    return new Failure('invalid_crop', `expected at most ${maximum} regions of an image, received ${boxes.length}`);
  }
  const outside = boxes.find((box) => !isInside(box, { width, height }));
  if (outside === undefined) return undefined;
  return new Failure(
    'invalid_crop',
    `the region ${boxText(outside)} is not inside the image of ${width}×${height} pixels`,
  );
}

/** Checks that there is one crop for each region, in chunks of whole crops. */
export function checkRegionPixels(
  { boxes, pixels }: RegionCrops,
  layout: Pick<CropTensorLayout, 'height' | 'width'>,
): Failure | undefined {
  const crop = cropBytes({ ...layout, count: 1 });
  const received = pixels.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (received === boxes.length * crop && pixels.every(({ byteLength }) => byteLength % crop === 0)) return undefined;
  const expected = `${boxes.length} crops of ${crop} bytes`;
  return new Failure('invalid_crop', `expected ${expected} for the regions, received ${received} bytes`);
}

interface BoxesOf {
  readonly regions?: Pick<RegionCrops, 'boxes'> | undefined;
}

import type { Preprocess } from '../../models/model-manifest.ts';
import { type OpenImage, resizeTo, toRgb, uprightRegion, wholeImage } from './image-steps.ts';
import type { Size } from './windows.ts';

/** The center of the resized image, in one sharp pipeline. */
export async function centerCrop(open: OpenImage, rule: Preprocess, size: Size): Promise<Buffer> {
  const { resize, crop } = rule;
  const { data } = await toRgb(
    resizeTo(uprightRegion(open(), rule, wholeImage(size)), resize, resize.rule).extract({
      left: (resize.width - crop.width) >> 1,
      top: (resize.height - crop.height) >> 1,
      width: crop.width,
      height: crop.height,
    }),
  );
  return data;
}

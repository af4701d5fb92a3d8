import type { Preprocess } from '../../models/model-manifest.ts';
import { type Open, resized, rgb, upright, whole } from './upright.ts';
import type { Size } from './windows.ts';

/** The middle of the resized image, in one pipeline. */
export async function centerCrop(open: Open, rule: Preprocess, size: Size): Promise<Buffer> {
  const { resize, crop } = rule;
  const { data } = await rgb(
    resized(upright(open(), rule, whole(size)), resize, resize.rule).extract({
      left: (resize.width - crop.width) >> 1,
      top: (resize.height - crop.height) >> 1,
      width: crop.width,
      height: crop.height,
    }),
  );
  return data;
}

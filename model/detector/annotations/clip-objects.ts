import type { AnnotatedObject } from './annotation.ts';

/** Why a box is not used: it has no area, or none of it is inside the image. */
export type UnusedReason = 'empty_box' | 'outside_image';

export interface ClippedObjects {
  readonly objects: readonly AnnotatedObject[];
  /** Number of boxes that were cut at the edges of the image. */
  readonly clipped: number;
  /** One for each box that is not used. */
  readonly unused: readonly UnusedReason[];
}

/** Cuts boxes at the edges of their image. A difference of less than a pixel, from rounding, is not counted as cut. */
export function clipObjects(
  objects: readonly AnnotatedObject[],
  image: { readonly width: number; readonly height: number },
): ClippedObjects {
  const kept: AnnotatedObject[] = [];
  const unused: UnusedReason[] = [];
  let clipped = 0;
  for (const object of objects) {
    const [x, width] = overlap(object.x, object.width, image.width);
    const [y, height] = overlap(object.y, object.height, image.height);
    if (!(object.width > 0 && object.height > 0)) unused.push('empty_box');
    else if (width <= 0 || height <= 0) unused.push('outside_image');
    else {
      if (object.width - width >= 1 || object.height - height >= 1) clipped += 1;
      kept.push({ ...object, x, y, width, height });
    }
  }
  return { objects: kept, clipped, unused };
}

function overlap(start: number, length: number, end: number): [start: number, length: number] {
  const from = Math.max(0, start);
  return [from, Math.min(end, start + length) - from];
}

import type { AnnotatedImage, AnnotatedObject } from '../../../model/detector/annotations/annotation.ts';
import { clipObjects } from '../../../model/detector/annotations/clip-objects.ts';
import { backgroundLabel } from '../../../model/detector/train/background-label.ts';
import type { SkippedImage } from '../../../model/finetune/labeled-images.ts';
import { UserError } from '../../../shared/failures/user-error.ts';

/**
 * Refuses annotations that no images can make usable, before the images are embedded, which can take hours.
 * @param path of the annotations, for messages
 * @throws {UserError} if fewer than two images have usable boxes, or a label is that of the background
 */
export function checkAnnotations(annotated: readonly AnnotatedImage[], path: string): void {
  const everywhere = { width: Number.POSITIVE_INFINITY, height: Number.POSITIVE_INFINITY };
  const clipped = annotated.map(({ name, size, objects }) => ({ name, ...clipObjects(objects, size ?? everywhere) }));
  const unused = clipped.flatMap(({ name, unused: reasons }) =>
    reasons.map((reason) => ({ name: `${name}: box`, reason })),
  );
  checkBoxes(clipped, unused, path);
}

/**
 * @param images with their usable boxes
 * @param leftOut images and boxes that are not usable
 * @throws {UserError} if a detector cannot learn from some of the images and be tested on others
 */
export function checkBoxes(
  images: readonly { readonly name: string; readonly digest?: string; readonly objects: readonly AnnotatedObject[] }[],
  leftOut: readonly SkippedImage[],
  path: string,
): void {
  const withObjects = images.filter(({ objects }) => objects.some(isExample));
  if (withObjects.length === 0) throw new UserError(`${path} has no boxes to learn from${skippedText(leftOut)}`);
  if (withObjects.some(({ objects }) => objects.some((one) => isExample(one) && one.label === backgroundLabel))) {
    throw new UserError(
      `${path} has boxes labeled ${backgroundLabel}: leave them out, as all regions without a box are background`,
    );
  }
  if (new Set(withObjects.map(({ name, digest = name }) => digest)).size >= 2) return;
  throw new UserError(
    `${path} has fewer than two different images with boxes, which leaves none to test on${skippedText(leftOut)}`,
  );
}

export function isExample({ exempt }: AnnotatedObject): boolean {
  return exempt === undefined;
}

const maxListed = 3;

/** `; skipped: 2 not_found (a.jpg, b.jpg)`; empty if nothing was. */
export function skippedText(leftOut: readonly SkippedImage[]): string {
  const reasons = [...Map.groupBy(leftOut, ({ reason }) => reason)].map(([reason, skipped]) => {
    const names = skipped.slice(0, maxListed).map(({ name }) => name);
    const more = skipped.length > maxListed ? ', …' : '';
    return `${skipped.length} ${reason} (${names.join(', ')}${more})`;
  });
  return reasons.length === 0 ? '' : `; skipped: ${reasons.join(', ')}`;
}

import { backgroundLabel } from '../../../model/detector/train/background-label.ts';
import {
  type DetectorExamples,
  type DetectorImage,
  proposalRows,
} from '../../../model/detector/train/detector-examples.ts';
import type { SkippedImage } from '../../../model/finetune/labeled-images.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { intersectionOverUnion } from '../../../shared/regions/intersection-over-union.ts';
import type { EmbeddedImages } from './embed-annotated.ts';

/** For messages. */
export interface AnnotationPaths {
  readonly path: string;
  /** Of the images. */
  readonly folder: string;
  /** Whether the folder was given, instead of that of the annotations. */
  readonly isFolderGiven: boolean;
}

/**
 * The examples of a detector, in one array.
 * @throws {UserError} if there are not enough images to learn from some and test on others
 */
export function detectorExamples(
  { images, leftOut }: EmbeddedImages,
  size: number,
  { path, folder, isFolderGiven }: AnnotationPaths,
): DetectorExamples {
  const objects = images.flatMap((image) => image.objects).filter(({ exempt }) => exempt === undefined);
  const labels = [...new Set(objects.map(({ label }) => label))].sort();
  checkImages(images, leftOut, { path, folder, isFolderGiven });
  if (labels.length === 0) throw new UserError(`${path} has no boxes to learn from${skippedText(leftOut)}`);
  if (labels.includes(backgroundLabel)) {
    throw new UserError(
      `${path} has boxes labeled ${backgroundLabel}: leave them out, as all regions without a box are background`,
    );
  }
  const rows = images.reduce((sum, { boxes }) => sum + 1 + boxes.length, 0);
  const embeddings = new Float32Array(rows * size);
  let row = 0;
  const described = images.map(
    ({ embeddings: own, name, digest, width, height, objects: present, boxes }): DetectorImage => {
      const imageRow = row;
      embeddings.set(own, row * size);
      row += 1 + boxes.length;
      return { name, digest, width, height, objects: present, boxes, imageRow, firstRow: imageRow + 1 };
    },
  );
  return { images: described, embeddings, size, labels };
}

function checkImages(
  images: EmbeddedImages['images'],
  leftOut: readonly SkippedImage[],
  { path, folder, isFolderGiven }: AnnotationPaths,
): void {
  if (images.length === 0) {
    throw new UserError(
      `none of the images of ${path} can be used from ${folder}: ${isFolderGiven ? 'check' : 'give'} --images${skippedText(leftOut)}`,
    );
  }
  const withObjects = images.filter(({ objects }) => objects.some(({ exempt }) => exempt === undefined));
  if (new Set(withObjects.map(({ digest }) => digest)).size >= 2) return;
  throw new UserError(
    `${path} has fewer than two different images with boxes, which leaves none to test on${skippedText(leftOut)}`,
  );
}

const maxListed = 3;

/** `; skipped: 2 not_found (a.jpg, b.jpg)`; empty if nothing was. */
function skippedText(leftOut: readonly SkippedImage[]): string {
  const reasons = [...Map.groupBy(leftOut, ({ reason }) => reason)].map(([reason, skipped]) => {
    const names = skipped.slice(0, maxListed).map(({ name }) => name);
    const more = skipped.length > maxListed ? ', …' : '';
    return `${skipped.length} ${reason} (${names.join(', ')}${more})`;
  });
  return reasons.length === 0 ? '' : `; skipped: ${reasons.join(', ')}`;
}

/** Share of the objects that a proposal overlaps by at least half. */
export function shareProposed(images: readonly DetectorImage[]): number {
  const found = images.flatMap((image) => {
    const proposals = proposalRows(image);
    const objects = image.objects.filter(({ exempt }) => exempt === undefined);
    return objects.map((object) => proposals.some(({ box }) => intersectionOverUnion(box, object) >= 0.5));
  });
  return found.filter(Boolean).length / found.length;
}

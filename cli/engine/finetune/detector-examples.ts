import {
  candidateRows,
  type DetectorExamples,
  type DetectorImage,
} from '../../../model/detector/train/detector-examples.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { intersectionOverUnion } from '../../../shared/regions/intersection-over-union.ts';
import { checkBoxes, isExample, skippedText } from './check-annotations.ts';
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
  if (images.length === 0) {
    throw new UserError(
      `none of the images of ${path} can be used from ${folder}: ${isFolderGiven ? 'check' : 'give'} --images${skippedText(leftOut)}`,
    );
  }
  checkBoxes(images, leftOut, path);
  const labels = [...new Set(images.flatMap(({ objects }) => objects.filter(isExample)).map(({ label }) => label))];
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
  return { images: described, embeddings, size, labels: labels.sort() };
}

/** Share of the objects that a proposal or the whole image overlaps by at least half. */
export function shareProposed(images: readonly DetectorImage[]): number {
  const found = images.flatMap((image) => {
    const candidates = candidateRows(image);
    const objects = image.objects.filter(isExample);
    return objects.map((object) => candidates.some(({ box }) => intersectionOverUnion(box, object) >= 0.5));
  });
  return found.filter(Boolean).length / found.length;
}

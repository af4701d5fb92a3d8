import { moveBox } from '../../../shared/regions/box-offsets.ts';
import type { LinearHead } from '../../finetune/linear-head.ts';
import type { HeadMath } from '../../finetune/open-head-math.ts';
import type { Detection } from '../evaluate/detection.ts';
import { suppressOverlaps } from '../evaluate/suppress-overlaps.ts';
import { type DetectorExamples, type DetectorImage, proposalRows } from './detector-examples.ts';
import { applyMap } from './ridge.ts';

/** Less probable detections are not counted: they would come last, where precision is low, and their number makes measuring slow. */
const minProbability = 0.001;

/** The layers of a detector. */
export interface Detector {
  /** Labels and the background, which is the last class. */
  readonly head: LinearHead;
  /** Without it, boxes are those of the proposals. */
  readonly boxes?: LinearHead | undefined;
}

/** Finds objects among the proposals of images: per label, whatever its probability, so that precision can be measured at every recall. */
export async function detectObjects(
  math: HeadMath,
  { embeddings, size, labels }: DetectorExamples,
  images: readonly DetectorImage[],
  { head, boxes }: Detector,
): Promise<Detection[]> {
  const classes = labels.length + 1;
  const detections: Detection[] = [];
  for (const image of images) {
    const rows = proposalRows(image);
    const probabilities = await math.probabilities(
      rows.map(({ row }) => row),
      head,
    );
    const moved = rows.map(({ row, box }) => {
      if (boxes === undefined) return box;
      const [x = 0, y = 0, width = 0, height = 0] = applyMap(boxes, embeddings.subarray(row * size, (row + 1) * size));
      return moveBox(box, [x, y, width, height], image);
    });
    for (const [label, name] of labels.entries()) {
      const found = moved.flatMap((box, index) => {
        const probability = probabilities[index * classes + label] ?? 0;
        if (probability < minProbability) return [];
        const { x, y, width, height } = box;
        return [{ x, y, width, height, image: image.name, label: name, probability }];
      });
      detections.push(...suppressOverlaps(found));
    }
  }
  return detections;
}

/** The objects of images, to compare detections with. */
export function truthOf(images: readonly DetectorImage[]) {
  return images.flatMap(({ name, objects }) => objects.map((object) => ({ ...object, image: name })));
}

/** Baseline: labels the whole image, which is also the box. */
export async function detectWholeImages(
  math: HeadMath,
  { labels }: DetectorExamples,
  images: readonly DetectorImage[],
  head: LinearHead,
): Promise<Detection[]> {
  const classes = labels.length + 1;
  const rows = images.map(({ imageRow }) => imageRow);
  const probabilities = await math.probabilities(rows, head);
  return images.flatMap(({ name, width, height }, index) =>
    labels.map((label, column) => ({
      ...{ image: name, label, x: 0, y: 0, width, height },
      probability: probabilities[index * classes + column] ?? 0,
    })),
  );
}

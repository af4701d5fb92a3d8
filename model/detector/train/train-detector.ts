import type { HeadMath } from '../../finetune/open-head-math.ts';
import { assignLabel } from './assign-classes.ts';
import { candidateRows, type DetectorExamples, type DetectorImage } from './detector-examples.ts';
import { type FittedBoxes, fitBoxes } from './fit-boxes.ts';
import { type FittedDetector, fitDetector, type TrainingRows } from './fit-detector.ts';

export interface TrainDetectorOptions {
  readonly seed: number;
  /** L2 penalty of the last layer, see `fitHead`. */
  readonly strength: number;
  /** Of each fit, see `minimize`. */
  readonly maxIterations?: number | undefined;
}

export interface TrainedDetector extends FittedDetector {
  /** Number of regions that show an object. */
  readonly objects: number;
  readonly boxes: FittedBoxes | undefined;
}

/** Fits the layers of a detector to some of the images. */
export async function trainDetector(
  math: HeadMath,
  examples: DetectorExamples,
  images: readonly DetectorImage[],
  { seed, ...options }: TrainDetectorOptions,
): Promise<TrainedDetector> {
  const { size, labels } = examples;
  const rows = trainingRows(images);
  const fitted = await fitDetector(math, rows, { ...options, seed, size, classes: labels.length + 1 });
  return { ...fitted, objects: rows.objects.length, boxes: fitBoxes(examples, images, seed) };
}

export function trainingRows(images: readonly DetectorImage[]): TrainingRows {
  const objects: number[] = [];
  const background: number[] = [];
  for (const { row, label } of labeledRows(images)) {
    if (label === undefined) background.push(row);
    else if (label !== null) objects.push(row);
  }
  return { objects, background };
}

/** The class of each row, for `HeadMath`: that of rows that are not used does not matter. */
export function classesOf({ images, labels, embeddings, size }: DetectorExamples): BigInt64Array {
  const classes = new BigInt64Array(embeddings.length / size).fill(BigInt(labels.length));
  for (const { row, label } of labeledRows(images)) {
    if (label !== undefined && label !== null) classes[row] = BigInt(labels.indexOf(label));
  }
  return classes;
}

/** What each row is an example of, see `assignLabel`. */
function labeledRows(images: readonly DetectorImage[]) {
  return images.flatMap((image) => {
    const { boxes, objects, firstRow } = image;
    const annotated = objects.map((object, index) => {
      // The own region of a tiny object may overlap it too little, as its edges are whole pixels.
      const label = object.exempt === undefined ? object.label : assignLabel(boxes[index] ?? object, objects);
      return { row: firstRow + index, label };
    });
    return [...annotated, ...candidateRows(image).map(({ row, box }) => ({ row, label: assignLabel(box, objects) }))];
  });
}

import type { Examples, LinearHead } from './linear-head.ts';
import type { HeadMath } from './open-head-math.ts';

/** Embeddings of labeled images: as many rows per image as it has crops, those of an image together. */
export interface ImageExamples extends Examples {
  /** Crops of each image to learn from. */
  readonly crops: number;
  /** Indices of the crops whose probabilities are averaged to predict an image, as `run` does. */
  readonly averaged: readonly number[];
}

/** Class of each image. */
export function imageClasses({ labels, crops }: ImageExamples): number[] {
  return Array.from({ length: labels.length / crops }, (_, image) => Number(labels[image * crops]));
}

/** Rows of all crops of some images. */
export function rowsOfImages(images: readonly number[], { crops }: ImageExamples): number[] {
  return images.flatMap((image) => Array.from({ length: crops }, (_, crop) => image * crops + crop));
}

/** The most probable class of each image, by the mean of the probabilities of its `averaged` crops. */
export async function predictImages(
  math: HeadMath,
  images: readonly number[],
  { crops, averaged, classes }: ImageExamples,
  head: LinearHead,
): Promise<number[]> {
  const rows = images.flatMap((image) => averaged.map((crop) => image * crops + crop));
  const probabilities = await math.probabilities(rows, head);
  return images.map((_, position) => {
    const sums = new Float64Array(classes);
    const start = position * averaged.length * classes;
    for (let at = 0; at < averaged.length * classes; at += 1) {
      sums[at % classes] = (sums[at % classes] ?? 0) + (probabilities[start + at] ?? 0);
    }
    return sums.indexOf(Math.max(...sums));
  });
}

import type { ImageExamples } from '../../model/finetune/image-examples.ts';

export interface Selection {
  /** Indices of crops. */
  readonly learned: readonly number[];
  /** Among `learned`. */
  readonly averaged: readonly number[];
  /** Numbers from the start of each embedding. */
  readonly size: number;
}

/** Some of the crops of each image, and the start of their embeddings. */
export function selectExamples(all: ImageExamples, { learned, averaged, size }: Selection): ImageExamples {
  const images = all.labels.length / all.crops;
  const rows = Array.from({ length: images }, (_, image) => learned.map((crop) => image * all.crops + crop)).flat();
  const embeddings = new Float32Array(rows.length * size);
  for (const [row, source] of rows.entries()) {
    embeddings.set(all.embeddings.subarray(source * all.size, source * all.size + size), row * size);
  }
  return {
    ...{ embeddings, size, classes: all.classes },
    labels: BigInt64Array.from(rows, (row) => all.labels[row] ?? 0n),
    ...{ crops: learned.length, averaged: averaged.map((crop) => learned.indexOf(crop)) },
  };
}

/** How many images the labels have. */
export interface ImagesPerLabel {
  readonly fewest: number;
  /** The lower one of the two in the middle. */
  readonly median: number;
  readonly most: number;
  /** Labels with fewer than `enough` images, the rarest first. */
  readonly rare: readonly { readonly label: number; readonly images: number }[];
}

/** With fewer images of a label, its accuracy is a matter of chance. */
const enough = 10;

/**
 * Counts the images of each label, those to train on and those held out.
 * @param labels number of labels of the model
 */
export function imagesPerLabel(labels: number, ...sets: readonly Uint16Array[]): ImagesPerLabel {
  const counts = new Uint32Array(labels);
  for (const set of sets) for (const label of set) counts[label] = (counts[label] ?? 0) + 1;
  const sorted = counts.toSorted();
  const rare = Array.from(counts, (images, label) => ({ label, images })).filter(({ images }) => images < enough);
  return {
    fewest: sorted[0] ?? 0,
    median: sorted[(sorted.length - 1) >> 1] ?? 0,
    most: sorted.at(-1) ?? 0,
    rare: rare.sort((a, b) => a.images - b.images),
  };
}

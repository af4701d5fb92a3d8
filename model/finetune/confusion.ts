/** Confusion matrix of predictions for images of known class. */
export interface Confusion {
  /** Labels in the order of rows and columns. */
  readonly labels: readonly string[];
  /** Number of images by true class (row) and predicted class (column). */
  readonly counts: readonly (readonly number[])[];
  /** Per class; undefined for a class without tested images. */
  readonly recall: readonly (number | undefined)[];
  /** Most frequent first. */
  readonly mistakes: readonly Mistake[];
}

/** Number of images of a label that were predicted as another one. */
export interface Mistake {
  readonly label: string;
  /** The predicted label. */
  readonly given: string;
  readonly images: number;
}

/** The true and the predicted class of an image. */
export interface TestedImage {
  readonly actual: number;
  readonly predicted: number;
}

export function confusionOf(labels: readonly string[], tested: readonly TestedImage[]): Confusion {
  const counts = labels.map(() => labels.map(() => 0));
  for (const { actual, predicted } of tested) {
    const row = counts[actual];
    if (row !== undefined) row[predicted] = (row[predicted] ?? 0) + 1;
  }
  const recall = counts.map((row, actual) => {
    const images = row.reduce((sum, count) => sum + count, 0);
    return images === 0 ? undefined : (row[actual] ?? 0) / images;
  });
  const mistakes = counts.flatMap((row, actual) =>
    row.flatMap((images, predicted) =>
      actual === predicted || images === 0
        ? []
        : [{ label: labels[actual] ?? '', given: labels[predicted] ?? '', images }],
    ),
  );
  return { labels, counts, recall, mistakes: mistakes.sort((a, b) => b.images - a.images) };
}

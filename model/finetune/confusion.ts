/** How images of known classes were told. */
export interface Confusion {
  /** Labels in the order of rows and columns. */
  readonly labels: readonly string[];
  /** Images by their own class (row) and the class that they were given (column). */
  readonly counts: readonly (readonly number[])[];
  /** Share of the images of each class that were told right; undefined for a class that was not tested. */
  readonly recall: readonly (number | undefined)[];
  /** Wrong answers by how often they were given, most often first. */
  readonly mistakes: readonly Mistake[];
}

export interface Mistake {
  readonly label: string;
  readonly given: string;
  readonly images: number;
}

/** @param answers the own class of each image and the one given */
export function confusionOf(
  labels: readonly string[],
  answers: readonly { readonly own: number; readonly given: number }[],
): Confusion {
  const counts = labels.map(() => labels.map(() => 0));
  for (const { own, given } of answers) {
    const row = counts[own];
    if (row !== undefined) row[given] = (row[given] ?? 0) + 1;
  }
  const recall = counts.map((row, own) => {
    const images = row.reduce((sum, count) => sum + count, 0);
    return images === 0 ? undefined : (row[own] ?? 0) / images;
  });
  const mistakes = counts.flatMap((row, own) =>
    row.flatMap((images, given) =>
      own === given || images === 0 ? [] : [{ label: labels[own] ?? '', given: labels[given] ?? '', images }],
    ),
  );
  return { labels, counts, recall, mistakes: mistakes.sort((one, other) => other.images - one.images) };
}

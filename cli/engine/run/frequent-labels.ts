import type { LabelCount } from './label-count.ts';

/** A label that many images, or regions, have. */
export interface FrequentLabel extends LabelCount {
  /** Of the classified images of the run, or of the kept regions, 0 to 1. */
  readonly share: number;
}

/** Labels in a summary. */
const maxLabels = 5;

/** The most frequent labels first. @param total what the shares are of */
export function frequentLabels(labels: ReadonlyMap<string, LabelCount>, total: number): FrequentLabel[] {
  return [...labels.values()]
    .toSorted((a, b) => b.count - a.count || (a.label_id < b.label_id ? -1 : 1))
    .slice(0, maxLabels)
    .map((label) => ({ ...label, share: Number((label.count / total).toFixed(4)) }));
}

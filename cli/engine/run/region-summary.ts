import { type FrequentLabel, frequentLabels } from './frequent-labels.ts';
import type { RegionCounts } from './region-tally.ts';

/** What a run with regions kept. */
export interface RegionSummary {
  /** Regions of the images that this run classified. */
  readonly kept: number;
  /** Classified images with at least one of them. */
  readonly images: number;
  /** The most frequent labels of these regions. */
  readonly labels: readonly FrequentLabel[];
}

export function summarizeRegions({ kept, images, labels }: RegionCounts): RegionSummary {
  return { kept, images, labels: frequentLabels(labels, kept) };
}

import { imagesPerSecond } from '../../../shared/jobs/job-summary.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import { maxRegionsOf } from '../../../shared/models/regions-rule.ts';
import type { SkippedName } from '../../../shared/stores/ports.ts';
import { type FrequentLabel, frequentLabels } from './frequent-labels.ts';
import type { RunOutcome } from './local-run.ts';
import { type RegionSummary, summarizeRegions } from './region-summary.ts';
import { finishedCount } from './tally.ts';

/** Outcome of a run. */
export interface Summary {
  readonly job: string;
  readonly store: string;
  readonly model: string;
  readonly total: number;
  /** Finished by an earlier run. */
  readonly done: number;
  /** Classified images among `done`. */
  readonly classifiedBefore: number;
  readonly classified: number;
  readonly rejected: number;
  /** Rejected images by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Deletions recorded; not part of the total. */
  readonly deleted: number;
  /** The most frequent labels among `classified`. */
  readonly labels: readonly FrequentLabel[];
  /** Undefined for a run without regions. */
  readonly regions: RegionSummary | undefined;
  /** Names that are no images, by why: hidden names, empty objects that stand for folders, and files of stores. */
  readonly skipped: Readonly<Partial<Record<SkippedName, number>>>;
  /** Images without an outcome, because of an interruption or a fault. */
  readonly pending: number;
  readonly seconds: number;
  readonly imagesPerSecond: number;
  readonly interrupted: boolean;
}

export function summarize(
  { counts, ms, interrupted }: RunOutcome,
  { model, ...names }: Pick<Summary, 'job' | 'store'> & { readonly model: Model },
): Summary {
  const { done, classifiedBefore, classified, rejected, reasons, deleted, labels, skipped } = counts;
  const total = counts.total ?? finishedCount(counts);
  return {
    ...names,
    model: model.id,
    total,
    done,
    classifiedBefore,
    classified,
    rejected,
    reasons: Object.fromEntries(reasons),
    deleted,
    labels: frequentLabels(labels, classified),
    regions: maxRegionsOf(model.manifest.preprocess) > 0 ? summarizeRegions(counts.regions) : undefined,
    skipped: Object.fromEntries(skipped),
    pending: total - done - classified - rejected,
    seconds: Number((ms / 1000).toFixed(3)),
    imagesPerSecond: imagesPerSecond(classified + rejected, ms / 1000) ?? 0,
    interrupted,
  };
}

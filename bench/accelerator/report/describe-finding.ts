import { duration } from '../../../cli/terminal/duration.ts';
import { percent } from '../../../cli/terminal/percent.ts';
import { describeShares } from '../../../shared/inference/accelerator/shares.ts';
import type { Finding } from '../measure/messages.ts';

/** A finding in one line, for progress; undefined for one that needs none. */
export function describeFinding(finding: Finding): string | undefined {
  switch (finding.kind) {
    case 'available':
    case 'done':
      return undefined;
    case 'opened':
      return `opened in ${duration(finding.ms)}; ${describeOpened(finding)}`;
    case 'reopened':
      return describeReopened(finding);
    case 'parity':
      return `${finding.images} photos, ${percent(finding.sameLabel)} with the label of the CPU`;
    case 'rate':
      return `batch ${finding.batch}: ${formatRate(finding.imagesPerSecond)} images/s`;
    case 'pipeline':
      return `full pipeline: ${formatRate(finding.imagesPerSecond)} images/s`;
    case 'skipped':
      return `${finding.what} skipped: ${finding.reason}`;
    case 'failed':
      return `failed: ${finding.reason}`;
  }
}

/** Without cached engines, every start of a worker takes as long as the first. */
export function describeReopened({ ms, cachedFiles }: Extract<Finding, { kind: 'reopened' }>): string {
  return `opened again in ${duration(ms)}, ${cachedFiles === 0 ? 'no engine is cached' : 'engines are cached'}`;
}

/** Where the network runs, and its speed. */
export function describeOpened({ shares, imagesPerSecond, parallel }: Extract<Finding, { kind: 'opened' }>): string {
  const speed = imagesPerSecond === undefined ? '' : `, ${formatRate(imagesPerSecond)} images/s in batches of 1`;
  return `${describeShares(shares)}; ${parallel} at a time${speed}`;
}

/** Three digits below 100, whole numbers above. */
export function formatRate(imagesPerSecond: number): string {
  return imagesPerSecond < 100 ? imagesPerSecond.toPrecision(3) : imagesPerSecond.toFixed(0);
}

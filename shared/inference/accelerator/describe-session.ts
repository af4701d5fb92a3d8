import type { Session } from '../session.ts';
import { formatSpeed } from './measure-speed.ts';
import { describeShares } from './shares.ts';

/** The findings of opening a session, in one line. */
export function describeSession({ provider, parallel, report }: Session): string {
  const { shares, referenceCheck, imagesPerSecond, skippedProviders } = report;
  const facts = [
    `runs on ${provider}, ${parallel} ${parallel === 1 ? 'batch' : 'batches'} at a time`,
    ...(provider === 'cpu' ? [] : [describeShares(shares)]),
    describeReferenceCheck(referenceCheck),
    ...(imagesPerSecond === undefined ? [] : [`${formatSpeed(imagesPerSecond)} images/s at start`]),
    ...skippedProviders.map((skipped) => `skipped ${skipped.provider}: ${skipped.reason}`),
  ];
  return facts.join('; ');
}

function describeReferenceCheck(check: Session['report']['referenceCheck']): string {
  if (check === undefined) return 'the manifest has no reference output';
  const { from, difference, tolerance } = check;
  const name = from === 'manifest' ? 'reference output' : "the CPU's output (the manifest has no reference output)";
  return `${name} within ${difference.toExponential(1)} (tolerance ${tolerance.toExponential(0)})`;
}

import type { Session } from '../session.ts';
import { formatSpeed } from './format-speed.ts';
import { describeShares } from './shares.ts';

/** What was found out when a session was opened, in one line. */
export function describeSession({ provider, parallel, report }: Session): string {
  const { shares, referenceCheck, imagesPerSecond, skippedProviders } = report;
  const facts = [
    `computes on ${provider}, ${parallel} ${parallel === 1 ? 'batch' : 'batches'} at a time`,
    ...(provider === 'cpu' ? [] : [describeShares(shares)]),
    describeReferenceCheck(referenceCheck),
    ...(imagesPerSecond === undefined ? [] : [`${formatSpeed(imagesPerSecond)} images/s at the start`]),
    ...skippedProviders.map((other) => `not ${other.provider}: ${other.reason}`),
  ];
  return facts.join('; ');
}

/** How the known answer was met, in words. */
function describeReferenceCheck(check: Session['report']['referenceCheck']): string {
  if (check === undefined) return 'no known answer in the manifest to check';
  const { from, difference, tolerance } = check;
  const whose = from === 'manifest' ? 'the known answer' : "the CPU's answer, the manifest having none,";
  return `${whose} but for ${difference.toExponential(1)}, and ${tolerance.toExponential(0)} is allowed`;
}

import type { AwsOptions } from '../engine/command-watch.ts';
import { awsOf, followUp } from '../engine/follow-up.ts';
import type { RelabelSummary } from '../engine/relabel.ts';
import { countOf } from './count-of.ts';
import { duration } from './duration.ts';
import { rateText } from './rate-text.ts';

/** @param aws how the store was reached, for the follow-up command */
export function printRelabel(summary: RelabelSummary, aws: AwsOptions): void {
  const { model, from, store, total, done, labelled, rejected, untried, otherwise, seconds, interrupted } = summary;
  const rate = labelled > 0 ? ` (${rateText(labelled / seconds)})` : '';
  console.log(`${countOf(labelled, 'image')} of ${from.join(', ')} labeled by ${model}`);
  console.log(`in ${duration(seconds * 1000)}${rate}, from stored embeddings`);
  if (done > 0) console.log(`${countOf(done, 'image')} already had a row`);
  if (rejected > 0)
    console.log(`${countOf(rejected, 'image')} rejected again because of ${rejected === 1 ? 'its' : 'their'} content`);
  const left = [
    ...(untried > 0 ? [`${countOf(untried, 'image')} rejected for a retryable reason`] : []),
    ...(otherwise > 0 ? [`${countOf(otherwise, 'image')} with another preprocessing`] : []),
  ];
  if (left.length > 0) console.log(`left to "run": ${left.join(', ')}`);
  if (interrupted) {
    const missing = countOf(total - done - labelled - rejected, 'image');
    console.log(`Interrupted, ${missing} left: run the same command again to continue.`);
  }
  console.log(`Results are in ${store}: ${followUp('results drift', { store, ...awsOf(aws, store) })}`);
}

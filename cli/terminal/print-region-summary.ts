import { amount } from '../../jobs/cost/line.ts';
import type { AwsOptions } from '../engine/command-watch.ts';
import { awsOf, followUp } from '../engine/follow-up.ts';
import type { RegionSummary } from '../engine/run/region-summary.ts';
import { countOf } from './count-of.ts';
import { frequentLabelLines } from './frequent-label-lines.ts';

/** @param classified number of images that were classified with regions */
export function printRegionSummary({ kept, images, labels }: RegionSummary, classified: number): void {
  console.log(`${countOf(kept, 'region')} kept, in ${amount(images)} of ${countOf(classified, 'image')}`);
  for (const line of frequentLabelLines('Most frequent labels of regions: ', labels, kept)) console.log(line);
}

/** Prints the command that lists the regions. */
export function printRegionsCommand(store: string, aws: AwsOptions): void {
  console.log(`Regions: ${followUp('results', { regions: true, store, ...awsOf(aws, store) })}`);
}

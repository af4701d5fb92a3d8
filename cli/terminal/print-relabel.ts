import { amount } from '../../jobs/cost/line.ts';
import { shellWord } from './shell-word.ts';
import { duration, images } from './words.ts';

/** What became of the images that were to be relabelled. */
export interface RelabelSummary {
  readonly model: string;
  /** Models whose rows were read. */
  readonly from: readonly string[];
  readonly store: string;
  /** Images that there was something to write for, those that were done among them. */
  readonly total: number;
  /** Had a row of the model before. */
  readonly done: number;
  readonly labelled: number;
  /** Whose rejection was copied. */
  readonly rejected: number;
  /** Failed for what may pass: left to a run. */
  readonly untried: number;
  /** Classified with another preprocessing alone: left to a run. */
  readonly otherwise: number;
  readonly seconds: number;
  readonly interrupted: boolean;
}

export function printRelabel(summary: RelabelSummary): void {
  const { model, from, store, total, done, labelled, rejected, untried, otherwise, seconds, interrupted } = summary;
  const rate = labelled > 0 ? ` (${amount(Math.round(labelled / seconds))}/s)` : '';
  console.log(`${amount(labelled)} ${images(labelled)} of ${from.join(', ')} labelled by ${model}`);
  console.log(`in ${duration(seconds * 1000)}${rate}; none was computed again`);
  if (done > 0) console.log(`${amount(done)} ${images(done)} had a row already`);
  if (rejected > 0) console.log(`${amount(rejected)} ${images(rejected)} rejected as before, for what the bytes hold`);
  const left = [
    ...(untried > 0 ? [`${amount(untried)} that failed for what may pass`] : []),
    ...(otherwise > 0 ? [`${amount(otherwise)} that were prepared otherwise`] : []),
  ];
  if (left.length > 0) console.log(`left to "inception-batch run": ${left.join(', ')}`);
  if (interrupted) {
    console.log(`interrupted: ${amount(total - done - labelled - rejected)} are missing; the same command goes on`);
  }
  console.log(`Results are in ${store}: inception-batch results drift --store ${shellWord(store)}`);
}

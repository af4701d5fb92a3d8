import { amount } from '../../jobs/cost/line.ts';
import type { TrainingPlan } from '../../model/train/plan/training-plan.ts';
import type { Recipe } from '../../model/train/recipe.ts';
import { countOf } from './count-of.ts';
import { cutLabel } from './cut-label.ts';

/** Maximum number of labels with few images to print. */
const maxListed = 5;

/** Prints to stderr, above the progress. @param names of the labels, by class */
export function printTrainingPlan(plan: TrainingPlan, names: readonly string[]): void {
  console.error(describeImages(plan, names));
  console.error(describeUpdates(plan));
  for (const warning of plan.warnings) console.error(`warning: ${warning}`);
}

function describeImages({ images, labels }: TrainingPlan, names: readonly string[]): string {
  const { fewest, median, most, rare } = labels;
  const perLabel =
    fewest === most ? countOf(most, 'image') : `${amount(fewest)} to ${amount(most)} (median ${amount(median)}) images`;
  const listed = rare.slice(0, maxListed).map(({ label, images: count }) => `${cutLabel(names[label] ?? '')} ${count}`);
  const more = rare.length > maxListed ? ` and ${amount(rare.length - maxListed)} more` : '';
  return (
    `${perLabel} per label of ${countOf(names.length, 'label')}; ${amount(images.train)} to train on, ` +
    `${amount(images.heldOut)} held out${rare.length === 0 ? '' : `; fewest: ${listed.join(', ')}${more}`}`
  );
}

function describeUpdates({ recipe, imagesPerUpdate, updatesPerEpoch, chosen, images }: TrainingPlan): string {
  const options = chosen.map((name) => `--${name}`).join(' and ');
  const why =
    chosen.length === 0
      ? ''
      : `; ${chosen.join(' and ')} chosen for ${countOf(images.train, 'image')} (or give ${options})`;
  return (
    `${countOf(updatesPerEpoch, 'update')} per epoch of ${countOf(imagesPerUpdate, 'image')} each` +
    `${describeBatch(recipe, images.train, imagesPerUpdate)}, rate ${recipe.schedule.rate.toPrecision(2)}${why}`
  );
}

/** Why an update does not have all images of a batch; empty if it has. */
function describeBatch({ batch, workers, asynchronous }: Recipe, images: number, imagesPerUpdate: number): string {
  if (imagesPerUpdate === batch) return '';
  const whole = Math.min(batch, images);
  const reasons = [
    ...(whole < batch ? ['there are no more images'] : []),
    ...(asynchronous ? ['each worker makes its own updates'] : []),
    ...(imagesPerUpdate < whole && !asynchronous ? [`${countOf(workers, 'worker')} share them evenly`] : []),
  ];
  return ` (the batch is ${amount(batch)}, but ${reasons.join(', and ')})`;
}

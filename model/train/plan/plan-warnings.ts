import type { PlannedData, TrainingPlan } from './training-plan.ts';

/** A larger share of the images that no update of an epoch reads is worth a warning. */
const maxUnused = 0.2;

/** See `TrainingPlan.warnings`. */
export function planWarnings(
  { images, labels, imagesPerUpdate, updatesPerEpoch }: Omit<TrainingPlan, 'warnings'>,
  { train, validation }: PlannedData,
  holdOut: number,
): string[] {
  const warnings: string[] = [];
  const absent = labels.rare.filter((rare) => rare.images === 0).length;
  if (absent > 0) warnings.push(`${absent} of the labels ${absent === 1 ? 'has' : 'have'} no image`);
  if (updatesPerEpoch === 1) {
    warnings.push(
      `an epoch is a single update of ${imagesPerUpdate} images, so the network learns slowly: give a smaller --batch, or ` +
        'more --epochs',
    );
  }
  const unused = images.train - updatesPerEpoch * imagesPerUpdate;
  if (unused > maxUnused * images.train) {
    const even = Math.ceil(images.train / (updatesPerEpoch + 1));
    warnings.push(
      `${unused} of ${images.train} images, others in each epoch, are too few for one more update: --batch ${even} reads ` +
        'nearly all',
    );
  }
  const held = new Set(validation.classes);
  const without = new Set(train.classes.filter((label) => !held.has(label))).size;
  if (holdOut > 0 && images.heldOut === 0) {
    warnings.push(`--hold-out ${holdOut} rounds to no image of any label: give a larger share, or more images`);
  } else if (holdOut > 0 && without > 0) {
    warnings.push(
      `--hold-out ${holdOut} rounds to no image for ${without} of the labels, so the held-out accuracy says nothing about ` +
        'them: give a larger share, or more images',
    );
  }
  return warnings;
}

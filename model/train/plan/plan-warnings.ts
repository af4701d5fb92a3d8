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
      `${unused} of ${images.train} images, others in each epoch, are left over after the last whole batch: --batch ${even} ` +
        'reads nearly all',
    );
  }
  if (holdOut > 0) warnings.push(...holdOutWarnings(`--hold-out ${holdOut}`, train.classes, validation.classes));
  return warnings;
}

/** @param train classes of the images of both sets */
function holdOutWarnings(option: string, train: Uint16Array, validation: Uint16Array): string[] {
  const heldOut = new Set(validation);
  const without = [...Map.groupBy(train, (label) => label)].filter(([label]) => !heldOut.has(label));
  if (without.length === 0) return [];
  // The only image of a label is never held out.
  const areSingle = without.every(([, images]) => images.length === 1);
  if (heldOut.size === 0) {
    return areSingle
      ? [`${option} holds out no image, as every label has a single one: add images`]
      : [`${option} rounds to no image of any label: give a larger share, or more images`];
  }
  return [
    `${option} rounds to no image for ${without.length} of the labels, so the held-out accuracy says nothing about them: ` +
      (areSingle ? 'add images, as they have a single one' : 'give a larger share, or more images'),
  ];
}

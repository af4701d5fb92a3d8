import { chooseSettings, type RecipeOptions, type TrainedNetwork } from './choose-settings.ts';
import { divideBatch } from './divide-batch.ts';
import { imagesPerLabel } from './images-per-label.ts';
import { planWarnings } from './plan-warnings.ts';
import type { PlannedData, TrainingPlan } from './training-plan.ts';

/** @param holdOut the share of the images that was to be held out */
export function planTraining(
  data: PlannedData,
  options: RecipeOptions,
  network: TrainedNetwork,
  holdOut: number,
): TrainingPlan {
  const { train, validation } = data;
  const recipe = chooseSettings(options, train.classes.length, network);
  const { imagesPerUpdate } = divideBatch(recipe, train.classes.length);
  const plan = {
    recipe,
    images: { train: train.classes.length, heldOut: validation.classes.length },
    labels: imagesPerLabel(data.labels.length, train.classes, validation.classes),
    imagesPerUpdate,
    updatesPerEpoch: Math.floor(train.classes.length / imagesPerUpdate),
    chosen: [
      ...(options.batch === undefined ? (['batch'] as const) : []),
      ...(options.schedule.rate === undefined ? (['rate'] as const) : []),
    ],
  };
  return { ...plan, warnings: planWarnings(plan, data, holdOut) };
}

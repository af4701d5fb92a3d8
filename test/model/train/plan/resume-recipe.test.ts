import { expect, it } from 'vitest';
import { resumeRecipe } from '../../../../model/train/plan/resume-recipe.ts';
import type { Recipe } from '../../../../model/train/recipe.ts';
import { settingsOf } from '../../../../model/train/recipe-settings.ts';
import { noAugmentation } from '../../../../model/train/samples/augmentation.ts';

const recipe: Recipe = {
  schedule: { kind: 'cosine', rate: 0.05, epochs: 20, factor: 0.96, every: 8 },
  ...{ batch: 64, workers: 2, asynchronous: false },
  rule: { momentum: 0.9, rmsProp: undefined, maxGradientNorm: undefined },
  ...{ labelSmoothing: 0, weightDecay: 2e-4, auxiliaryWeight: 0.3, dropout: 0.4, auxiliaryDropout: 0.7 },
  averaging: 0.999,
  augmentation: noAugmentation,
  seed: 1,
  from: undefined,
};
const settings = settingsOf(recipe);

it('a resumed training has the optimizer of its checkpoint', () => {
  const rule = { momentum: 0.9, rmsProp: { decay: 0.8, epsilon: 0.5 }, maxGradientNorm: 2 };
  const resumed = resumeRecipe(settingsOf({ ...recipe, rule }), recipe, {}, 'folder');
  expect(resumed.recipe.rule).toEqual(rule);
  expect(resumed.kept.join(' ')).toContain('--optimizer rmsprop --rms-decay 0.8 --rms-epsilon 0.5 --clip 2');
});

it('a setting that the checkpoint does not have is refused', () => {
  expect(() => resumeRecipe(settings, recipe, { 'rms-decay': 0.8 }, 'folder')).toThrow(
    /^the checkpoint in folder was not made with --rms-decay 0\.8: leave it out$/,
  );
});

it('a checkpoint without a setting that every version has is refused', () => {
  const { rate: _, ...damaged } = settings;
  expect(() => resumeRecipe(damaged, recipe, {}, 'folder')).toThrow(
    /^the training in folder cannot be resumed: .*rate.*; remove the folder to start again$/,
  );
});

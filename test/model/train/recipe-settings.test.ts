import { describe, expect, it } from 'vitest';
import type { Recipe } from '../../../model/train/recipe.ts';
import {
  optionText,
  presentSettings,
  recipeOf,
  settingNames,
  settingsOf,
} from '../../../model/train/recipe-settings.ts';

const plain: Recipe = {
  schedule: { kind: 'cosine', rate: 0.1, epochs: 20, factor: 0.96, every: 8 },
  ...{ batch: 64, workers: 2, asynchronous: false },
  rule: { momentum: 0.9, rmsProp: undefined, maxGradientNorm: undefined },
  ...{ labelSmoothing: 0.11, weightDecay: 2e-4, auxiliaryWeight: 0.3, dropout: 0.4, auxiliaryDropout: 0.7 },
  averaging: 0.999,
  augmentation: { minArea: 0.08, aspect: 1.2, mirror: true, colour: 0.25, shift: 2, erase: 0.5 },
  seed: 5,
  from: undefined,
};
const fromLayer: Recipe = {
  ...plain,
  schedule: { kind: 'step', rate: 0.045, epochs: 7, factor: 0.94, every: 3 },
  rule: { momentum: 0.8, rmsProp: { decay: 0.75, epsilon: 0.6 }, maxGradientNorm: 2.5 },
  asynchronous: true,
  from: 'inception_5b',
};
const cases: [string, Recipe][] = [
  ['momentum and all layers', plain],
  ['RMSProp, clipped gradients and a first layer', fromLayer],
];

describe('the settings of a recipe', () => {
  it.each(cases)('give the same recipe back from JSON: %s', (_, recipe) => {
    expect(recipeOf(JSON.parse(JSON.stringify(settingsOf(recipe))))).toEqual(recipe);
  });

  it('have the names that a checkpoint is compared by', () => {
    const names = cases.flatMap(([, recipe]) => Object.keys(settingsOf(recipe)));
    expect([...new Set(names)].sort()).toEqual(settingNames.toSorted());
  });

  it('keep their values when those that an earlier version did not have are added', () => {
    const settings = settingsOf(fromLayer);
    expect(presentSettings(settings)).toEqual(settings);
  });
});

describe('optionText', () => {
  it.each([
    ['rate', 0.05, '--rate 0.05'],
    ['shift', 0, '--shift 0'],
    ['asynchronous', true, '--asynchronous'],
    ['asynchronous', false, undefined],
    ['mirror', false, '--no-mirror'],
    ['mirror', true, undefined],
    ['clip', 'none', undefined],
    ['from', 'the first layer', undefined],
    ['rms-decay', undefined, undefined],
  ])('gives %s %s as %s', (name, value, text) => {
    expect(optionText(name, value)).toBe(text);
  });
});

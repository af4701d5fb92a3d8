import { type CropRule, cropsPerImage } from '../../shared/models/crop-rule.ts';

/** Crops to learn from: the center, or also the corners and mirror images. */
export type Views = 1 | 10;

/** The crops of an image that are learned from, and those that predict it. */
export interface CropPlan {
  readonly learned: CropRule;
  /** Indices of the learned crops whose probabilities `run` averages. */
  readonly averaged: readonly number[];
}

/** Of `ten`: after the four corners. */
const centerOfTen = 4;

/**
 * A model that averages several crops learns from the same ones. One that takes the center crop can also learn from the
 * corners and mirror images, at no cost when it predicts.
 * @param used the rule of the model
 * @param views crops to learn from if the model takes one
 */
export function cropPlan(used: CropRule, views: Views): CropPlan {
  if (used !== 'center') return { learned: used, averaged: Array.from({ length: cropsPerImage[used] }, (_, at) => at) };
  return views === 1 ? { learned: 'center', averaged: [0] } : { learned: 'ten', averaged: [centerOfTen] };
}

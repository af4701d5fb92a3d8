export const cropRules = ['center', 'ten', 'multiscale'] as const;

export type CropRule = (typeof cropRules)[number];

/**
 * Crops per image by rule: `center` the center of the resized image; `ten` its corners and center, and all mirrored;
 * `multiscale` the 144 of the GoogLeNet paper (section 7).
 */
export const cropsPerImage: Readonly<Record<CropRule, number>> = { center: 1, ten: 10, multiscale: 144 };

export function cropRuleForCount(count: number): CropRule | undefined {
  return cropRules.find((rule) => cropsPerImage[rule] === count);
}

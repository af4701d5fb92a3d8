import type { Metadata, Sharp } from 'sharp';

/** 16-bit color spaces, and the 8-bit ones in which sharp applies an embedded profile. */
const eightBit: ReadonlyMap<string, string> = new Map([
  ['rgb16', 'srgb'],
  ['grey16', 'b-w'],
]);

/**
 * Makes sharp apply an embedded ICC profile. It does so for 8 bits per channel; 16 bits it converts to Display P3, or
 * leaves gray unconverted, and then reads the values as sRGB. So only the high 8 of 16 bits with a profile are used.
 * Images without a profile stay as they are.
 */
export function applyProfile(image: Sharp, { space, hasProfile }: Pick<Metadata, 'space' | 'hasProfile'>): Sharp {
  const target = hasProfile ? eightBit.get(space) : undefined;
  return target === undefined ? image : image.pipelineColourspace(target);
}

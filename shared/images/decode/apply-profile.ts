import type { Metadata, Sharp } from 'sharp';

/** Spaces of 16 bits a channel, and those of 8 bits in which sharp honours a profile. */
const eightBit: ReadonlyMap<string, string> = new Map([
  ['rgb16', 'srgb'],
  ['grey16', 'b-w'],
]);

/**
 * Sees to it that an embedded ICC profile is honoured. sharp does so for 8 bits a channel; 16 bits it brings to Display
 * P3, or leaves grey as it is, and then takes the numbers for sRGB. Of 16 bits with a profile the high 8 are therefore
 * taken first. Without one nothing changes.
 */
export function applyProfile(image: Sharp, { space, hasProfile }: Pick<Metadata, 'space' | 'hasProfile'>): Sharp {
  const target = hasProfile ? eightBit.get(space) : undefined;
  return target === undefined ? image : image.pipelineColourspace(target);
}

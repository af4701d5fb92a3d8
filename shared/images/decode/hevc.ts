import sharp from 'sharp';

/** HEVC is patented, so the published builds of sharp do not include it; a build that does lists the suffix. */
export const decodesHevc: boolean = sharp.format.heif.input.fileSuffix?.includes('.heic') ?? false;

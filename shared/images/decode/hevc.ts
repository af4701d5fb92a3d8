import sharp from 'sharp';

/** HEVC is patented, so that the published builds of sharp come without it; a suffix tells of one that has it. */
export const decodesHevc: boolean = sharp.format.heif.input.fileSuffix?.includes('.heic') ?? false;

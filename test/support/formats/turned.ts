import sharp, { type Sharp } from 'sharp';
import { exif } from './exif.ts';
import { withSegment } from './jpeg-file.ts';

export const orientations = [1, 2, 3, 4, 5, 6, 7, 8] as const;
export type Orientation = (typeof orientations)[number];

/** Turns an upright picture to how a turned camera stores it (EXIF 2.32, tag 274). */
const turns: Readonly<Record<Orientation, (image: Sharp) => Sharp>> = {
  1: (image) => image,
  2: (image) => image.flop(),
  3: (image) => image.rotate(180),
  4: (image) => image.flip(),
  5: (image) => image.rotate(270).flop(),
  6: (image) => image.rotate(270),
  7: (image) => image.rotate(90).flop(),
  8: (image) => image.rotate(90),
};

const detailed = { quality: 95, chromaSubsampling: '4:4:4' } as const;

/** Write a turned picture with its tag, by format. */
const writers = {
  JPEG: (image, orientation) => image.withMetadata({ orientation }).jpeg(detailed).toBuffer(),
  PNG: (image, orientation) => image.withMetadata({ orientation }).png().toBuffer(),
  WebP: (image, orientation) => image.withMetadata({ orientation }).webp({ quality: 95 }).toBuffer(),
  // As rotation and mirroring of the container, in addition to the tag.
  AVIF: (image, orientation) => image.withMetadata({ orientation }).avif({ quality: 85, effort: 1 }).toBuffer(),
  TIFF: (image, orientation) => image.withMetadata({ orientation }).tiff({ compression: 'lzw' }).toBuffer(),
  'tiled TIFF': (image, orientation) =>
    image
      .withMetadata({ orientation })
      .tiff({ compression: 'lzw', tile: true, tileWidth: 32, tileHeight: 32 })
      .toBuffer(),
  // With the tag sharp would convert to sRGB, so the tag is inserted by hand.
  'CMYK JPEG': async (image, orientation) =>
    withSegment(
      await image.toColourspace('cmyk').jpeg(detailed).toBuffer(),
      0xe1,
      Buffer.concat([Buffer.from('Exif\0\0'), exif(orientation)]),
    ),
} as const satisfies Record<string, (image: Sharp, orientation: Orientation) => Promise<Buffer>>;

export type WriterName = keyof typeof writers;
export const writerNames = Object.keys(writers) as WriterName[];

/** A picture stored turned, with its orientation tag. */
export async function turned(upright: Uint8Array, orientation: Orientation, name: WriterName): Promise<Buffer> {
  const stored = await turns[orientation](sharp(upright)).png().toBuffer();
  return writers[name](sharp(stored), orientation);
}

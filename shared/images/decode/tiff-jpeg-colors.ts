import { jpegSegments } from './jpeg-segments.ts';
import { chunksOf } from './tiff-chunks.ts';
import type { TiffDirectory } from './tiff-directory.ts';

/** What the JPEG data of a strip or tile says about its own colors. */
interface DeclaredColors {
  /** JFIF: YCbCr or gray. */
  readonly isJfif: boolean;
  /** The transform of an Adobe segment: 0 none, 1 YCbCr, 2 YCCK. */
  readonly adobeTransform: number | undefined;
}

const [app0, app14] = [0xe0, 0xee];
const [rgb, cmyk] = [2, 5];

/**
 * Whether the JPEG data of a TIFF says that its colors are others than the TIFF declares: YCbCr instead of RGB, or CMYK as
 * Adobe stores it, inverted. The decoder believes the TIFF.
 *
 * @param photometric photometric interpretation of the TIFF
 */
export function hasOtherJpegColors(bytes: Buffer, directory: TiffDirectory, photometric: number): boolean {
  const [first] = chunksOf(directory);
  if (first === undefined) return false;
  const { isJfif, adobeTransform } = declaredColors(bytes.subarray(first.start, first.end));
  if (photometric === rgb) return isJfif || adobeTransform === 1;
  return photometric === cmyk && adobeTransform !== undefined;
}

function declaredColors(jpeg: Buffer): DeclaredColors {
  let isJfif = false;
  let adobeTransform: number | undefined;
  for (const { marker, at } of jpegSegments(jpeg)) {
    const name = jpeg.toString('latin1', at + 4, at + 9);
    if (marker === app0 && name === 'JFIF\0') isJfif = true;
    if (marker === app14 && name === 'Adobe') adobeTransform = jpeg[at + 15];
  }
  return { isJfif, adobeTransform };
}

import type { TiffDirectory } from './tiff-directory.ts';

const compressionTag = 259;

/** The compression schemes that are decoded correctly (TIFF 6.0, section 9 and its supplements). */
export const tiffCompression = {
  none: 1,
  ccittRle: 2,
  ccittG3: 3,
  ccittG4: 4,
  lzw: 5,
  jpeg: 7,
  adobeDeflate: 8,
  packBits: 32773,
  deflate: 32946,
  webp: 50001,
} as const;

const supported: ReadonlySet<number> = new Set(Object.values(tiffCompression));

/** Names of others. The decoder lacks them, and for tiles it returns zeros without an error. */
const names: ReadonlyMap<number, string> = new Map([
  [6, 'old-style JPEG'],
  [9, 'JBIG'],
  [10, 'JBIG'],
  [32766, 'NeXT RLE'],
  [32771, 'word-aligned CCITT RLE'],
  [32809, 'ThunderScan'],
  [32908, 'Pixar Film'],
  [32909, 'Pixar Log'],
  [33003, 'JPEG 2000'],
  [33004, 'JPEG 2000'],
  [33005, 'JPEG 2000'],
  [34661, 'JBIG'],
  [34676, 'SGI LogLuv'],
  [34677, 'SGI LogLuv'],
  [34712, 'JPEG 2000'],
  [34887, 'LERC'],
  [34892, 'lossy JPEG (DNG)'],
  [34925, 'LZMA'],
  [50000, 'Zstandard'],
  [50002, 'JPEG XL'],
  [52546, 'JPEG XL'],
]);

export function compressionOf(directory: TiffDirectory): number {
  return directory.first(compressionTag) ?? tiffCompression.none;
}

/** The name of a compression that is not decoded; undefined for the others. */
export function unsupportedCompression(directory: TiffDirectory): string | undefined {
  const compression = compressionOf(directory);
  return supported.has(compression) ? undefined : (names.get(compression) ?? `scheme ${compression}`);
}

import { flatAvif, flatGif, flatWebp, manyFrames, noisy, smoothWebp } from './animation-files.ts';
import { repeatedTile } from './avif-files.ts';
import { extentBomb, metaBomb } from './box-files.ts';
import { arithmeticFrame, arithmeticScans, inksWithProfile, progressiveScans } from './jpeg-files.ts';
import { compressedProfile, compressedTexts, emptyChunks, flatPng, largeExif, profiledPng } from './png-files.ts';
import { deflatedBytes, facsimile, jpegTiles, manyStrips } from './tiff-files.ts';

/** A picture that costs as much as possible for its bytes. */
export interface CostlyFile {
  readonly format: string;
  readonly what: string;
  make(): Buffer | Promise<Buffer>;
}

const maxBytes = 1_000_000;
/** The largest side of a square within the limit of pixels. */
const side = 16_384;

export const costlyFiles: readonly CostlyFile[] = [
  { format: 'JPEG', what: '2646 scans, 8000²', make: () => progressiveScans(8000, 3) },
  { format: 'JPEG', what: '882 scans, 8000²', make: () => progressiveScans(8000) },
  { format: 'JPEG', what: '882 scans, 16384²', make: () => progressiveScans(side) },
  { format: 'JPEG', what: '2646 arithmetic scans, 2048²', make: () => arithmeticScans(2048, 3) },
  { format: 'JPEG', what: '2646 arithmetic scans, 4096²', make: () => arithmeticScans(4096, 3) },
  { format: 'JPEG', what: 'one arithmetic scan, 16384²', make: () => arithmeticFrame(side, 3) },
  { format: 'JPEG', what: 'CMYK with a profile, 7800²', make: () => inksWithProfile(7800) },
  { format: 'PNG', what: 'interlaced, 16384²', make: () => flatPng({ side, color: 2, bits: 8, isInterlaced: true }) },
  {
    format: 'PNG',
    what: 'interlaced, 16 bits, 11000²',
    make: () => flatPng({ side: 11_000, color: 6, bits: 16, isInterlaced: true }),
  },
  { format: 'PNG', what: 'profile with a table, 16000²', make: () => profiledPng(16_000) },
  { format: 'PNG', what: 'zTXt, inflated 1 GB', make: () => compressedTexts(maxBytes) },
  { format: 'PNG', what: 'iTXt, inflated 1 GB', make: () => compressedTexts(maxBytes, 'iTXt') },
  { format: 'PNG', what: 'iCCP, inflated 1 GB', make: () => compressedProfile(maxBytes) },
  { format: 'PNG', what: 'only chunks', make: () => emptyChunks(maxBytes) },
  { format: 'PNG', what: 'EXIF of 65,000 texts', make: largeExif },
  { format: 'WebP', what: 'lossless, one color, 16383²', make: () => flatWebp(16_383) },
  { format: 'WebP', what: 'lossless, one color, 12000²', make: () => flatWebp(12_000) },
  { format: 'WebP', what: 'lossy with alpha, 12000²', make: () => smoothWebp(12_000) },
  { format: 'AVIF', what: 'one color, 8000²', make: () => flatAvif(8000) },
  { format: 'AVIF', what: '12 bits, 6500²', make: () => flatAvif(6500, 12) },
  { format: 'AVIF', what: 'noise, 4000²', make: () => noisy(4000, 'avif', 20) },
  { format: 'AVIF', what: 'grid of noise, 7936²', make: repeatedTile },
  { format: 'AVIF', what: '6,500,000,000 empty extents', make: () => extentBomb(99_000) },
  { format: 'AVIF', what: 'only boxes', make: () => metaBomb(maxBytes, 'top') },
  { format: 'TIFF', what: 'shared strips, 16384²', make: () => deflatedBytes(side, 16) },
  { format: 'TIFF', what: 'a strip per row, 124,900 rows', make: () => manyStrips(maxBytes) },
  { format: 'TIFF', what: 'facsimile, 16384²', make: () => facsimile(side) },
  { format: 'TIFF', what: 'shared JPEG tiles of 882 scans', make: () => jpegTiles(side, 1024, progressiveScans) },
  { format: 'GIF', what: 'one color, 16384²', make: () => flatGif(side) },
  { format: 'GIF', what: '45,000 frames', make: () => manyFrames(maxBytes) },
];

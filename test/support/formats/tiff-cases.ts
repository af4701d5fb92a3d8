import { casesOf, refused, unsupported } from './format-case.ts';
import { film, height, pixels, scene, width } from './scene.ts';
import { tiffFile } from './tiff-file.ts';

const lzw = { compression: 'lzw' } as const;
const page = { width, height, pixels };
const thumbnail = { width: 16, height: 12, pixels: new Uint8Array(16 * 12 * 3).fill(128) };
const grey = () => scene().greyscale().png().toBuffer();

export const tiffCases = casesOf('TIFF', 'tiff', [
  ['uncompressed', 0, () => tiffFile([page])],
  ['uncompressed, big endian', 0, () => tiffFile([page], { littleEndian: false })],
  ['LZW', 0, () => scene().tiff(lzw).toBuffer()],
  ['Deflate', 0, () => scene().tiff({ compression: 'deflate' }).toBuffer()],
  ['PackBits', 0, () => scene().tiff({ compression: 'packbits' }).toBuffer()],
  ['JPEG', 1, () => scene().tiff({ compression: 'jpeg', quality: 95 }).toBuffer()],
  ['WebP', 2, () => scene().tiff({ compression: 'webp', quality: 95 }).toBuffer()],
  [
    'tiled',
    0,
    () =>
      scene()
        .tiff({ ...lzw, tile: true, tileWidth: 32, tileHeight: 32 })
        .toBuffer(),
  ],
  [
    'BigTIFF',
    0,
    () =>
      scene()
        .tiff({ ...lzw, bigtiff: true })
        .toBuffer(),
  ],
  ['16 bits', 1, () => scene().toColourspace('rgb16').tiff(lzw).toBuffer()],
  ['16 bits, Display P3', 1, () => scene().toColourspace('rgb16').withIccProfile('p3').tiff(lzw).toBuffer()],
  [
    '32-bit floats, linear light',
    1,
    () =>
      scene()
        .toColourspace('scrgb')
        .tiff({ ...lzw, predictor: 'none' })
        .toBuffer(),
  ],
  [
    'Lab',
    1,
    () =>
      scene()
        .toColourspace('lab')
        .tiff({ ...lzw, predictor: 'none' })
        .toBuffer(),
  ],
  ['CMYK, no profile', 6, () => scene().toColourspace('cmyk').tiff(lzw).toBuffer()],
  ['CMYK, embedded profile', 8, () => scene().withIccProfile('cmyk').tiff(lzw).toBuffer()],
  ['Display P3', 1, () => scene().withIccProfile('p3').tiff(lzw).toBuffer()],
  ['grey', 1, () => scene().greyscale().toColourspace('b-w').tiff(lzw).toBuffer(), grey],
  ['several pages: the first', 0, async () => (await film()).tiff(lzw).toBuffer()],
  ['one page that calls itself a reduced copy', 0, () => tiffFile([{ ...page, tags: { 254: 1 } }])],
  [
    'camera raw: CR2',
    unsupported('a camera raw file (CR2)'),
    () => tiffFile([thumbnail, page], { mark: 'CR\x02\0\0\0\0\0' }),
  ],
  [
    'camera raw: DNG',
    unsupported('a camera raw file (DNG)'),
    () => tiffFile([{ ...thumbnail, tags: { 50706: 0x401 } }]),
  ],
  [
    'camera raw: NEF, ARW and others, whose first page is a thumbnail',
    unsupported('a TIFF whose first page is a thumbnail, as camera raw files are'),
    () => tiffFile([{ ...thumbnail, tags: { 254: 1 } }, page]),
  ],
  [
    'half a file, the directory behind the pixels',
    refused('truncated', 'the image/tiff ends early, after 1000 bytes'),
    async () => (await scene().tiff(lzw).toBuffer()).subarray(0, 1000),
  ],
  [
    'half a file, the directory before the pixels',
    refused('truncated', 'the image/tiff ends early, after 1000 bytes'),
    () => tiffFile([page]).subarray(0, 1000),
  ],
  [
    'a header of 16,000 × 16,000 over a small image',
    refused('corrupt', 'the image/tiff of 18560 bytes cannot be decoded'),
    () => tiffFile([{ ...page, width: 16_000, height: 16_000 }]),
  ],
  [
    'a header of 30,000 × 30,000',
    refused('too_many_pixels', 'expected at most 268435456 pixels, got 30000×30000 = 900000000'),
    () => tiffFile([{ ...page, width: 30_000, height: 30_000 }]),
  ],
]);

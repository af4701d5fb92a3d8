import { casesOf, rejected, unsupported } from './format-case.ts';
import { film, height, pixels, scene, width } from './scene.ts';
import { tiffFile } from './tiff-file.ts';
import { redAsGray, tiffScene } from './tiff-scene.ts';

const lzw = { compression: 'lzw' } as const;
const page = { width, height, pixels };
const thumbnail = { width: 16, height: 12, pixels: new Uint8Array(16 * 12 * 3).fill(128) };
const gray = () => scene().greyscale().png().toBuffer();

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
    '32-bit float, linear light',
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
  ['gray', 1, () => scene().greyscale().toColourspace('b-w').tiff(lzw).toBuffer(), gray],
  ['several pages: the first', 0, async () => (await film()).tiff(lzw).toBuffer()],
  ['a single page marked as a reduced copy', 0, () => tiffFile([{ ...page, tags: { 254: 1 } }])],
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
    'camera raw: NEF, ARW and others with a thumbnail as first page',
    unsupported('a camera raw file (a TIFF whose first page is a thumbnail)'),
    () => tiffFile([{ ...thumbnail, tags: { 254: 1 } }, page]),
  ],
  ['RGB and an undeclared channel', 0, () => tiffScene({ count: 4, bits: 8, photometric: 2 })],
  [
    'RGB and a channel declared unspecified',
    0,
    () => tiffScene({ count: 4, bits: 8, photometric: 2 }, { tags: { 338: 0 } }),
  ],
  ['RGB and two undeclared channels', 0, () => tiffScene({ count: 5, bits: 8, photometric: 2 })],
  ['16-bit RGB and an undeclared channel', 1, () => tiffScene({ count: 4, bits: 16, photometric: 2 })],
  ['gray and an undeclared channel', 1, () => tiffScene({ count: 2, bits: 8, photometric: 1 }), () => redAsGray()],
  [
    'RGB and unassociated alpha',
    0,
    () => tiffScene({ count: 4, bits: 8, photometric: 2 }, { tags: { 338: 2 }, extra: 1 }),
  ],
  ['32-bit float, linear light, hand-written', 1, () => tiffScene({ count: 3, bits: 32, format: 3, photometric: 2 })],
  ['16-bit gray', 1, () => tiffScene({ count: 1, bits: 16, photometric: 1 }), () => redAsGray()],
  ['32-bit float gray', unsupportedPixels('gray 32-bit float with 1 channel'), () => tiffScene(grayOf(32, 3))],
  ['32-bit gray', unsupportedPixels('gray 32-bit with 1 channel'), () => tiffScene(grayOf(32))],
  ['16-bit signed gray', unsupportedPixels('gray 16-bit signed with 1 channel'), () => tiffScene(grayOf(16, 2))],
  [
    '32-bit RGB',
    unsupportedPixels('RGB 32-bit with 3 channels'),
    () => tiffScene({ count: 3, bits: 32, photometric: 2 }),
  ],
  [
    '64-bit float RGB',
    unsupportedPixels('RGB 64-bit float with 3 channels'),
    () => tiffScene({ count: 3, bits: 64, format: 3, photometric: 2 }),
  ],
  ['8-bit Lab', unsupportedPixels('Lab 8-bit with 3 channels'), () => tiffScene({ count: 3, bits: 8, photometric: 8 })],
  [
    'RGB, alpha and a fifth channel',
    unsupportedPixels('RGB 8-bit with 5 channels'),
    () => tiffScene({ count: 5, bits: 8, photometric: 2 }, { tags: { 338: 2 } }),
  ],
  [
    'six channels',
    unsupportedPixels('RGB 8-bit with 6 channels'),
    () => tiffScene({ count: 6, bits: 8, photometric: 2 }),
  ],
  [
    'half a file, directory after the pixels',
    rejected('truncated', 'the image/tiff file ends early, after 1000 bytes'),
    async () => (await scene().tiff(lzw).toBuffer()).subarray(0, 1000),
  ],
  [
    'half a file, directory before the pixels',
    rejected('truncated', 'the image/tiff file ends early, after 1000 bytes'),
    () => tiffFile([page]).subarray(0, 1000),
  ],
  [
    'header declares 16,000 × 16,000, pixels of a small image',
    rejected('corrupt', 'the image/tiff file of 18578 bytes cannot be decoded'),
    () => tiffFile([{ ...page, width: 16_000, height: 16_000 }]),
  ],
  [
    'header declares 30,000 × 30,000',
    rejected('too_many_pixels', '30000×30000 = 900000000 pixels are over the limit of 268435456: save a smaller image'),
    () => tiffFile([{ ...page, width: 30_000, height: 30_000 }]),
  ],
]);

function unsupportedPixels(received: string) {
  return rejected(
    'unsupported_format',
    `a TIFF of ${received}: save it as gray, RGB or CMYK with 8 or 16 bits per channel`,
  );
}

function grayOf(bits: number, format = 1) {
  return { count: 1, bits, format, photometric: 1 };
}

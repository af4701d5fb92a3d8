import sharp from 'sharp';
import { casesOf, type FormatCase, rejected } from './format-case.ts';
import { withSegment } from './jpeg-file.ts';
import { height, pixels, scene, width } from './scene.ts';
import { type TiffSamples, tiffFile } from './tiff-file.ts';

const [app0, app14, comment] = [0xe0, 0xee, 0xfe];
const jfif = Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1');
const adobe = (transform: number) => Buffer.from([...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, transform]);
const rgb: TiffSamples = { count: 3, bits: 8, photometric: 2 };
const declaredRgb = rejected(
  'unsupported_format',
  'a TIFF declared as RGB whose JPEG data is YCbCr: save it again as YCbCr or with LZW',
);

/** JPEG data in a TIFF. */
export const tiffJpegCases: readonly FormatCase[] = casesOf('TIFF', 'tiff', [
  ['JPEG in tiles', 2, () => scene().tiff({ compression: 'jpeg', quality: 95, tile: true }).toBuffer()],
  ['JPEG, bytes after the end of its data', 2, async () => strip(padded(await ycbcr()), { ...rgb, photometric: 6 })],
  ['JPEG data in YCbCr, declared as RGB', declaredRgb, async () => strip(withSegment(await ycbcr(), app0, jfif))],
  [
    'JPEG data in YCbCr by a JFIF segment behind others, declared as RGB',
    declaredRgb,
    async () => strip(withSegment(withSegment(await ycbcr(), app0, jfif), comment, Buffer.from('a comment'))),
  ],
  [
    'JPEG data in YCbCr by an Adobe segment, declared as RGB',
    declaredRgb,
    async () => strip(withSegment(await ycbcr(), app14, adobe(1))),
  ],
  [
    'JPEG data in inverted CMYK by an Adobe segment',
    rejected(
      'unsupported_format',
      'a TIFF of CMYK whose JPEG data is inverted, as Adobe stores it: save it as RGB or with LZW',
    ),
    async () => {
      const jpeg = await sharp(await scene().png().toBuffer())
        .toColourspace('cmyk')
        .jpeg()
        .toBuffer();
      return strip(withSegment(jpeg, app14, adobe(2)), { count: 4, bits: 8, photometric: 5 });
    },
  ],
]);

/** Without a JFIF segment. */
async function ycbcr(): Promise<Buffer> {
  const jpeg = await scene().jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer();
  const isJfif = jpeg[3] === app0;
  return isJfif ? Buffer.concat([jpeg.subarray(0, 2), jpeg.subarray(4 + jpeg.readUInt16BE(4))]) : jpeg;
}

function padded(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc(70)]);
}

function strip(jpeg: Uint8Array, samples: TiffSamples = rgb): Buffer {
  const subsampling = samples.photometric === 6 ? { 530: [1, 1] } : {};
  return tiffFile([{ width, height, pixels, chunks: [jpeg], samples, tags: { 259: 7, ...subsampling } }]);
}

import { arithmeticJpeg, arithmeticProgressiveJpeg } from './encoded.ts';
import { casesOf, rejected } from './format-case.ts';
import { withComponentIds, withFrame, withSegment } from './jpeg-file.ts';
import { asPng } from './opacity.ts';
import { scene } from './scene.ts';
import { sceneInYcbcr } from './tiff-scene.ts';

const jpeg = (options: Parameters<ReturnType<typeof scene>['jpeg']>[0] = {}) =>
  scene()
    .jpeg({ quality: 95, ...options })
    .toBuffer();
const letters = [...Buffer.from('RGB')];
const adobe = (transform: number) => Buffer.from([...Buffer.from('Adobe\0d'), 0, 0, 0, 0, transform]);
const jfif = Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1');
const gray = () => scene().greyscale().png().toBuffer();

export const jpegCases = casesOf('JPEG', 'jpeg', [
  ['baseline', 1, () => jpeg()],
  ['baseline, no chroma subsampling', 1, () => jpeg({ chromaSubsampling: '4:4:4' })],
  ['progressive', 1, () => jpeg({ progressive: true })],
  ['arithmetic coding', 1, () => arithmeticJpeg],
  ['arithmetic coding, progressive', 1, () => arithmeticProgressiveJpeg],
  ['gray', 1, () => scene().greyscale().toColourspace('b-w').jpeg({ quality: 95 }).toBuffer(), gray],
  ['CMYK (Adobe, inverted), no profile', 6, () => scene().toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer()],
  [
    'CMYK (Adobe, inverted), embedded profile',
    8,
    () => scene().withIccProfile('cmyk').jpeg({ quality: 95 }).toBuffer(),
  ],
  // The channels of these files are luma and chroma, so as RGB they show other colors.
  ['RGB by the Adobe marker (transform 0)', 1, async () => withSegment(await full(), 0xee, adobe(0)), asRgb],
  ['RGB by its component ids', 1, async () => withComponentIds(await full(), letters), asRgb],
  ['YCbCr by the Adobe marker (transform 1)', 1, async () => withSegment(await full(), 0xee, adobe(1))],
  [
    'YCbCr by its JFIF marker, with the component ids of RGB',
    1,
    async () => withSegment(withComponentIds(await full(), letters), 0xe0, jfif),
  ],
  ['YCbCr, unusual component ids', 1, async () => withComponentIds(await full(), [0, 34, 35])],
  ['Display P3', 1, () => scene().withIccProfile('p3').jpeg({ quality: 95 }).toBuffer()],
  ['followed by a second image (MPF)', 1, async () => Buffer.concat([await withMpf(), await jpeg()])],
  ['followed by other bytes', 1, async () => Buffer.concat([await jpeg(), Buffer.alloc(5000, 7)])],
  [
    '12 bits per sample',
    rejected('unsupported_format', 'a JPEG with 12 bits per sample: save it with 8'),
    async () => withFrame(await jpeg(), { marker: 0xc1, bits: 12 }),
  ],
  [
    'lossless',
    rejected('unsupported_format', 'a lossless JPEG: save it as baseline or progressive JPEG'),
    async () => withFrame(await jpeg(), { marker: 0xc3 }),
  ],
  ['without its end marker', 1, async () => (await jpeg()).subarray(0, -2)],
  [
    'without its last bytes',
    rejected('truncated', 'the image/jpeg file ends early, after 960 bytes'),
    async () => (await jpeg()).subarray(0, -4),
  ],
  [
    'half a file',
    rejected('truncated', 'the image/jpeg file ends early, after 600 bytes'),
    async () => (await jpeg()).subarray(0, 600),
  ],
  [
    'half a file, progressive',
    rejected('truncated', 'the image/jpeg file ends early, after 700 bytes'),
    async () => (await jpeg({ progressive: true })).subarray(0, 700),
  ],
  [
    'header declares 16,000 × 16,000, pixels of a small image',
    rejected('truncated', '700 bytes are too few for 16000×16000 pixels of jpeg'),
    async () => padded(withFrame(await scene().jpeg().toBuffer(), { width: 16_000, height: 16_000 }), 700),
  ],
  [
    'header declares 65,500 × 65,500',
    rejected(
      'too_many_pixels',
      '65500×65500 = 4290250000 pixels are over the limit of 268435456: save a smaller image',
    ),
    async () => withFrame(await jpeg(), { width: 65_500, height: 65_500 }),
  ],
]);

/** With the application segment that phones write as the index of a second image. */
async function withMpf(): Promise<Buffer> {
  return withSegment(await jpeg(), 0xe2, Buffer.from('MPF\0II*\0\x08\0\0\0\0\0\0\0\0\0', 'latin1'));
}

function padded(bytes: Buffer, length: number): Buffer {
  return Buffer.concat([bytes], length);
}

/** Without chroma subsampling and without markers that name a color space. */
function full(): Promise<Buffer> {
  return jpeg({ chromaSubsampling: '4:4:4' });
}

function asRgb(): Promise<Buffer> {
  return asPng(sceneInYcbcr());
}

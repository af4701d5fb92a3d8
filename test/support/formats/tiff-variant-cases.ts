import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { casesOf, type FormatCase, rejected } from './format-case.ts';
import { height, pixels, width } from './scene.ts';
import { tiffFile } from './tiff-file.ts';
import { redAsGray, subsampledScene, tiffScene } from './tiff-scene.ts';

const page = { width, height, pixels };
const rgb = { count: 3, bits: 8, photometric: 2 };
const rgba = { ...rgb, count: 4 };
const gray = { count: 1, bits: 8, photometric: 1 };
const cmyk = { count: 4, bits: 8, photometric: 5 };
const ycbcr = { count: 3, bits: 8, photometric: 6 };
const lab = { count: 3, bits: 16, photometric: 8 };
const float = { count: 3, bits: 32, format: 3, photometric: 2 };
const [planar, tiled] = [{ isPlanar: true }, { tile: 64 }];
const [premultiplied, unassociated] = [{ 338: 1 }, { 338: 2 }];
const profile = { 34675: Buffer.alloc(400, 7) };

/** Where the pixels are and how they are ordered. */
const layouts = casesOf('TIFF', 'tiff', [
  ['tiles that exceed the image', 0, () => tiffScene(rgb, { layout: tiled })],
  ['tiles of 16-bit gray', 1, () => tiffScene({ ...gray, bits: 16 }, { layout: tiled }), redAsGray],
  ['lowest bit first (FillOrder 2)', 0, () => tiffScene(rgb, { layout: { isBitReversed: true } })],
  ['inverted gray', 1, () => tiffScene({ ...gray, photometric: 0 }), redAsGray],
  ['RGB in separate planes', 0, () => tiffScene(rgb, { layout: planar })],
  ['RGB and alpha in separate planes', 1, () => tiffScene(rgba, { layout: planar, tags: unassociated, extra: 1 })],
  ['16-bit RGB in separate planes', 1, () => tiffScene({ ...rgb, bits: 16 }, { layout: planar })],
  ['32-bit float RGB in separate planes', 1, () => tiffScene(float, { layout: planar })],
  ['16-bit float, linear light', 1, () => tiffScene({ ...float, bits: 16 })],
  [
    'CMYK in separate planes: as interleaved',
    0,
    () => tiffScene(cmyk, { layout: planar }),
    () => asPng(tiffScene(cmyk)),
  ],
  ['gray in a single plane', 1, () => tiffScene(gray, { layout: planar }), redAsGray],
  ['Lab, 16 bits, hand-written', 2, () => tiffScene(lab)],
  ['Lab, 32-bit float, hand-written', 2, () => tiffScene({ ...lab, bits: 32, format: 3 })],
  ['Lab, 16 bits, with a profile', 2, () => tiffScene(lab, { tags: profile })],
  ['Lab, 16 bits, signed', 2, () => tiffScene({ ...lab, format: 2 })],
  ...[1, 2, 4, 8].map(
    (bits) =>
      [
        `palette of ${2 ** bits} colors`,
        1,
        () => tiffScene({ ...gray, bits, photometric: 3 }, { tags: { 320: colorMap(bits) } }),
        () => redInPalette(bits),
      ] as const,
  ),
  [
    'tiles in separate planes',
    unsupported('with tiles in separate planes: save it with interleaved channels'),
    () => tiffScene(rgb, { layout: { ...planar, ...tiled } }),
  ],
  ...(
    [
      ['gray 8-bit', { ...gray, count: 2 }],
      ['palette 8-bit', { ...gray, count: 2, photometric: 3 }],
      ['YCbCr 8-bit', ycbcr],
      ['Lab 16-bit', lab],
      ['RGB 16-bit float', { ...float, bits: 16 }],
    ] as const
  ).map(
    ([kind, samples]) =>
      [
        `${kind} in separate planes`,
        unsupported(`of ${kind} in separate planes: save it with interleaved channels`),
        () => tiffScene(samples, { layout: planar }),
      ] as const,
  ),
]);

const alphas = casesOf('TIFF', 'tiff', [
  ['RGB and premultiplied alpha', 1, () => tiffScene(rgba, { tags: premultiplied, extra: 1 })],
  ['16-bit RGB and alpha', 1, () => tiffScene({ ...rgba, bits: 16 }, { tags: unassociated, extra: 1 })],
  ...(
    [
      ['Lab 16-bit', { ...lab, count: 4 }],
      ['Lab 32-bit float', { ...lab, count: 4, bits: 32, format: 3 }],
      ['RGB 32-bit float', { ...float, count: 4 }],
      ['RGB 16-bit float', { ...float, count: 4, bits: 16 }],
      ['CMYK 16-bit', { ...cmyk, count: 5, bits: 16 }],
      ['palette 4-bit', { ...gray, count: 2, bits: 4, photometric: 3 }],
      ['gray 4-bit', { ...gray, count: 2, bits: 4 }],
      ['YCbCr 8-bit', { ...ycbcr, count: 4 }],
    ] as const
  ).map(
    ([kind, samples]) =>
      [
        `${kind} and alpha`,
        unsupported(`of ${kind} with an alpha channel: save it without the alpha channel`),
        () => tiffScene(samples, { tags: unassociated, extra: 1 }),
      ] as const,
  ),
  [
    'inverted gray and premultiplied alpha',
    unsupported('of inverted gray with premultiplied alpha: save it as RGB'),
    () => tiffScene({ ...gray, count: 2, photometric: 0 }, { tags: premultiplied, extra: 1 }),
  ],
]);

const codings = casesOf('TIFF', 'tiff', [
  ['Deflate, later number (8)', 0, () => tiffScene(rgb, { layout: { compression: 'deflate' } })],
  ...(
    [
      [6, 'old-style JPEG'],
      [34712, 'JPEG 2000'],
      [34661, 'JBIG'],
      [34887, 'LERC'],
      [34925, 'LZMA'],
      [50000, 'Zstandard'],
      [50002, 'JPEG XL'],
      [9999, 'scheme 9999'],
    ] as const
  ).map(
    ([compression, name]) =>
      [
        `${name}, in tiles`,
        unsupported(`compressed with ${name}: save it with LZW, Deflate or JPEG`),
        () => tiffScene(rgb, { tags: { 259: compression }, layout: tiled }),
      ] as const,
  ),
  [
    'old-style JPEG, in a strip',
    unsupported('compressed with old-style JPEG: save it with LZW, Deflate or JPEG'),
    () => tiffScene(rgb, { tags: { 259: 6 } }),
  ],
  [
    'RGB and alpha, compressed with JPEG',
    unsupported('of RGB 8-bit with 4 channels, compressed with JPEG: save it without the extra channel or with LZW'),
    () => tiffScene(rgba, { tags: { ...unassociated, 259: 7 } }),
  ],
  [
    'palette without a color map',
    unsupported('of palette colors without a palette: save it as gray or RGB'),
    () => tiffScene({ ...gray, photometric: 3 }),
  ],
  [
    'inks other than CMYK',
    unsupported('of inks other than CMYK: save it as RGB or CMYK'),
    () => tiffScene(cmyk, { tags: { 332: 2 } }),
  ],
  ...[16, 32].map(
    (bits) =>
      [
        `${bits}-bit float with a profile`,
        unsupported(
          `of RGB ${bits}-bit float with a color profile: save it with 16 bits per channel or without the profile`,
        ),
        () => tiffScene({ ...float, bits }, { tags: profile }),
      ] as const,
  ),
]);

const chroma = casesOf('TIFF', 'tiff', [
  ...(
    [
      [2, 1],
      [2, 2],
      [4, 1],
      [4, 2],
      [1, 2],
    ] as const
  ).map(
    ([across, down]) =>
      [`YCbCr, ${across} × ${down} subsampling, uncompressed`, 2, () => subsampled(across, down)] as const,
  ),
  ['YCbCr, 2 × 2 subsampling, Deflate', 2, () => subsampled(2, 2, deflateSync)],
  ...(
    [
      [1, 1],
      [4, 4],
      [2, 4],
    ] as const
  ).map(
    ([across, down]) =>
      [
        `YCbCr, ${across} × ${down} subsampling, uncompressed`,
        unsupported(`of YCbCr with ${across}x${down} subsampling without JPEG compression: save it as RGB`),
        () => subsampled(across, down),
      ] as const,
  ),
  [
    'YCbCr in tiles, uncompressed',
    unsupported('of YCbCr in tiles without JPEG compression: save it as RGB'),
    () => tiffScene(ycbcr, { layout: tiled, tags: { 530: [2, 2] } }),
  ],
]);

const pages = casesOf('TIFF', 'tiff', [
  [
    'the second page compressed with old-style JPEG',
    0,
    () => tiffFile([page, { ...page, samples: ycbcr, tags: { 259: 6, 512: 1, 513: 8, 514: 100, 530: [2, 2] } }]),
  ],
  ['the second page beyond the end', 0, () => tiffFile([page, page]).subarray(0, -pixels.length - 100)],
  ['the second page of other pixels', 0, () => tiffFile([page, { ...page, samples: lab }])],
]);

export const tiffVariantCases: readonly FormatCase[] = [...layouts, ...alphas, ...codings, ...chroma, ...pages];

function unsupported(what: string) {
  return rejected('unsupported_format', `a TIFF ${what}`);
}

/** Strips of 8 rows. */
function subsampled(across: number, down: number, compress: (bytes: Buffer) => Buffer = (bytes) => bytes): Buffer {
  const chunks = Array.from({ length: height / 8 }, (_, index) =>
    compress(subsampledScene(across, down, { left: 0, top: index * 8, width, height: 8 })),
  );
  const compression = compress === deflateSync ? 8 : 1;
  return tiffFile([
    { ...page, samples: ycbcr, chunks, layout: { rowsPerStrip: 8 }, tags: { 259: compression, 530: [across, down] } },
  ]);
}

/** Colors by index: red falls, green rises. */
const paletteColor = (share: number) => [1 - share, share, 0.4].map((value) => Math.round(value * 255));

/** All reds, then all greens, then all blues, in 16 bits. */
function colorMap(bits: number): number[] {
  const max = 2 ** bits - 1;
  const colors = Array.from({ length: max + 1 }, (_, index) => paletteColor(index / max));
  return [0, 1, 2].flatMap((channel) => colors.map((color) => (color[channel] ?? 0) * 257));
}

/** The red channel of the scene as indexes. */
function redInPalette(bits: number): Promise<Buffer> {
  const max = 2 ** bits - 1;
  const reds = [...pixels.filter((_, index) => index % 3 === 0)];
  const colors = Uint8Array.from(reds.flatMap((red) => paletteColor(Math.round((red / 255) * max) / max)));
  return sharp(colors, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

async function asPng(tiff: Buffer): Promise<Buffer> {
  return sharp(tiff).toColourspace('srgb').png().toBuffer();
}

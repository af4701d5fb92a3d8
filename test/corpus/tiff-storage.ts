import { deflateSync } from 'node:zlib';
import { height, width } from '../support/formats/scene.ts';
import { tiffFile } from '../support/formats/tiff-file.ts';
import { subsampledScene, tiffScene } from '../support/formats/tiff-scene.ts';
import { type Combination, combine, named } from './combination.ts';
import { copyTiff } from './programs.ts';
import { type TiffKind, tiffKinds } from './tiff-kinds.ts';

/** Arguments of `tiffcp`. */
type Options = Readonly<Record<string, readonly string[]>>;

const compressions: Options = {
  uncompressed: ['-c', 'none'],
  LZW: ['-c', 'lzw'],
  'LZW with predictor': ['-c', 'lzw:2'],
  Deflate: ['-c', 'zip'],
  PackBits: ['-c', 'packbits'],
  LZMA: ['-c', 'lzma'],
};
const layouts: Options = { strips: ['-s', '-r', '10'], tiles: ['-t', '-w', '64', '-l', '48'] };
const orders: Options = { 'big endian': ['-B'], BigTIFF: ['-L', '-8'], 'lowest bit first': ['-L', '-f', 'lsb2msb'] };

const copies = combine(tiffKinds, Object.keys(compressions), Object.keys(layouts), [false, true]).flatMap(
  ([kind, compression, layout, isPlanar]) => {
    const { count, bits } = kind.samples;
    if (count === 1 && isPlanar) return [];
    // Predictors are for whole bytes.
    if (compression === 'LZW with predictor' && (bits < 8 || bits > 32)) return [];
    const args = [...(compressions[compression] ?? []), ...(layouts[layout] ?? [])];
    return copied(kind, named(compression, layout, isPlanar ? 'separate planes' : ''), args, isPlanar);
  },
);

const ordered = combine(tiffKinds, Object.entries(orders), ['uncompressed', 'Deflate'], [0]).map(
  ([kind, [order, args], compression]) =>
    copied(kind, named(order, compression), [...args, ...(compressions[compression] ?? [])]),
);

function copied(
  { name, samples, assumed }: TiffKind,
  variant: string,
  args: readonly string[],
  isPlanar = false,
): Combination {
  return {
    format: 'TIFF',
    pixels: name,
    variant,
    ...(assumed && { assumed }),
    make: () =>
      copyTiff(tiffScene(samples, { layout: { isPlanar } }), [...args, '-p', isPlanar ? 'separate' : 'contig']),
  };
}

/** Codings of 8 bits or 1 bit only. */
const faxes: Options = { 'CCITT group 3': ['-c', 'g3'], 'CCITT group 4': ['-c', 'g4'] };
const faxed = combine(Object.entries(faxes), [0, 1], Object.entries(layouts), [0]).map(
  ([[coding, args], photometric, [layout, layoutArgs]]): Combination => ({
    format: 'TIFF',
    pixels: `${photometric === 0 ? 'inverted gray' : 'gray'} 1-bit`,
    variant: named(coding, layout),
    make: () => copyTiff(tiffScene({ count: 1, bits: 1, photometric }), [...args, ...layoutArgs]),
  }),
);

const jpegs: Options = { 'JPEG in YCbCr': ['-c', 'jpeg:95'], 'JPEG in RGB': ['-c', 'jpeg:r:95'] };
const withJpeg = combine(Object.entries(jpegs), [1, 3], Object.entries(layouts), ['contig', 'separate']).flatMap(
  ([[coding, args], count, [layout, layoutArgs], plane]): readonly Combination[] => {
    if ((count === 1 || coding === 'JPEG in YCbCr') && plane === 'separate') return [];
    // Strips of JPEG data are a multiple of 16 rows.
    const rows = layout === 'strips' ? ['-s', '-r', '16'] : layoutArgs;
    const isGray = count === 1;
    return [
      {
        format: 'TIFF',
        pixels: isGray ? 'gray 8-bit' : coding === 'JPEG in RGB' ? 'RGB 8-bit' : 'YCbCr 8-bit',
        variant: named(isGray ? `JPEG (${args[1]})` : coding, layout, plane === 'separate' ? 'separate planes' : ''),
        make: () =>
          copyTiff(tiffScene({ count, bits: 8, photometric: isGray ? 1 : 2 }), [...args, ...rows, '-p', plane]),
      },
    ];
  },
);

const factors = [1, 2, 4];
const ycbcr = combine(factors, factors, ['', 'Deflate'], [0]).map(
  ([across, down, compression]): Combination => ({
    format: 'TIFF',
    pixels: 'YCbCr 8-bit',
    variant: named(`${across} × ${down} subsampling`, compression),
    // ImageMagick 6 takes subsampled chroma for pixels.
    usesLibtiff: true,
    make: async () => {
      const data = subsampledScene(across, down);
      const samples = { count: 3, bits: 8, photometric: 6 };
      const chunks = [compression === '' ? data : deflateSync(data)];
      const tags = { 530: [across, down], 259: compression === '' ? 1 : 8 };
      return tiffFile([{ width, height, pixels: data, samples, chunks, tags }]);
    },
  }),
);

export const storedTiffs: readonly Combination[] = [...copies, ...ordered, ...faxed, ...withJpeg, ...ycbcr];

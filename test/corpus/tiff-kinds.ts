import type { TiffSamples } from '../support/formats/tiff-file.ts';
import type { Combination } from './combination.ts';

/** Pixels of a TIFF. */
export interface TiffKind {
  readonly name: string;
  readonly samples: TiffSamples;
  readonly assumed?: Combination['assumed'];
}

const gray = { count: 1, photometric: 1 };
const rgb = { count: 3, photometric: 2 };
const cmyk = { count: 4, photometric: 5 };

export const tiffKinds: readonly TiffKind[] = [
  ...[1, 2, 4, 8, 16, 32].map((bits) => ({ name: `gray ${bits}-bit`, samples: { ...gray, bits } })),
  ...[1, 8, 16].map((bits) => ({ name: `inverted gray ${bits}-bit`, samples: { ...gray, photometric: 0, bits } })),
  ...[8, 16, 32].map((bits) => ({ name: `RGB ${bits}-bit`, samples: { ...rgb, bits } })),
  ...[8, 16].map((bits): TiffKind => ({ name: `CMYK ${bits}-bit`, samples: { ...cmyk, bits }, assumed: 'cmyk' })),
  ...[16, 32, 64].map(
    (bits): TiffKind => ({
      name: `RGB ${bits}-bit float`,
      samples: { ...rgb, bits, format: 3 },
      assumed: 'linear light',
    }),
  ),
  { name: 'gray 32-bit float', samples: { ...gray, bits: 32, format: 3 }, assumed: 'linear light' },
  { name: 'RGB 8-bit signed', samples: { ...rgb, bits: 8, format: 2 } },
  ...[8, 16].map((bits) => ({ name: `Lab ${bits}-bit`, samples: { count: 3, bits, photometric: 8 } })),
];

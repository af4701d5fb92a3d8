import fc from 'fast-check';
import type { Sharp } from 'sharp';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../../../../../shared/failures/failure.ts';
import { defaultDecodeLimits } from '../../../../../shared/images/decode/identify.ts';
import { cropImage } from '../../../../../shared/images/preprocess/crop-image.ts';
import type { CropRule } from '../../../../../shared/models/crop-rule.ts';
import type { Preprocess } from '../../../../../shared/models/model-manifest.ts';
import { arithmeticJpeg } from '../../../../support/formats/encoded.ts';
import { smallRule } from '../../../../support/formats/rules.ts';

/** A picture without repetitions, so that no rows are coded in a few bits. */
function noisy(width: number, height: number): Sharp {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, index) => ((index * 2_654_435_761) >>> 7) & 255);
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/** A model that takes the middle of the image, so that the decoder needs no rows near the edges. */
const narrowRule: Preprocess = {
  ...smallRule(),
  resize: { rule: 'warp', width: 64, height: 64 },
};
const rules: Readonly<Record<CropRule | 'narrow center', Preprocess>> = {
  center: smallRule(),
  'narrow center': narrowRule,
  ten: smallRule('ten'),
  multiscale: smallRule('multiscale'),
};
const small = { width: 60, height: 45 };
const large = { width: 400, height: 560 };

interface Format {
  readonly name: string;
  readonly make: (image: Sharp) => Promise<Buffer>;
  /** Bytes at the end that hold no pixels. */
  readonly end: number;
}

const formats: readonly Format[] = [
  { name: 'JPEG', make: (image) => image.jpeg().toBuffer(), end: 2 },
  { name: 'JPEG, progressive', make: (image) => image.jpeg({ progressive: true }).toBuffer(), end: 2 },
  { name: 'JPEG, gray', make: (image) => image.greyscale().toColourspace('b-w').jpeg().toBuffer(), end: 2 },
  { name: 'JPEG, CMYK', make: (image) => image.toColourspace('cmyk').jpeg().toBuffer(), end: 2 },
  { name: 'PNG', make: (image) => image.png().toBuffer(), end: 12 },
  { name: 'PNG, interlaced', make: (image) => image.png({ progressive: true }).toBuffer(), end: 12 },
  { name: 'GIF', make: (image) => image.gif({ effort: 1 }).toBuffer(), end: 1 },
  { name: 'WebP', make: (image) => image.webp().toBuffer(), end: 0 },
  { name: 'WebP, lossless', make: (image) => image.webp({ lossless: true }).toBuffer(), end: 0 },
  { name: 'AVIF', make: (image) => image.avif({ effort: 0 }).toBuffer(), end: 0 },
  { name: 'TIFF', make: (image) => image.tiff({ compression: 'none' }).toBuffer(), end: 0 },
  { name: 'TIFF, LZW', make: (image) => image.tiff({ compression: 'lzw' }).toBuffer(), end: 0 },
  {
    name: 'TIFF, deflate, tiles',
    make: (image) => image.tiff({ compression: 'deflate', tile: true }).toBuffer(),
    end: 0,
  },
  { name: 'TIFF, JPEG', make: (image) => image.tiff({ compression: 'jpeg' }).toBuffer(), end: 0 },
];

/** The failure's reason, or `decoded`. */
async function outcome(bytes: Uint8Array, rule: Preprocess): Promise<string> {
  return cropImage(bytes, rule, defaultDecodeLimits).then(
    () => 'decoded',
    (error: unknown) => Failure.from(error).reason,
  );
}

async function outcomes(bytes: Uint8Array): Promise<readonly string[]> {
  return Promise.all(Object.values(rules).map((rule) => outcome(bytes, rule)));
}

const always = (result: string) => Object.values(rules).map(() => result);

describe.each(formats)('$name', ({ make, end }) => {
  describe.each([
    ['small', small],
    ['large', large],
  ])('%s', (_, { width, height }) => {
    let bytes: Buffer = Buffer.alloc(0);
    beforeAll(async () => {
      bytes = await make(noisy(width, height));
    });

    it('is decoded if complete, also with other bytes after it', async () => {
      expect(await outcomes(bytes)).toEqual(always('decoded'));
      expect(await outcomes(Buffer.concat([bytes, Buffer.from('<p>')]))).toEqual(always('decoded'));
      expect(await outcomes(Buffer.concat([bytes, Buffer.alloc(5000)]))).toEqual(always('decoded'));
    });

    it('is truncated if any byte of its pixels is missing, whatever the crop rule', async () => {
      // From the first bytes that show the format.
      const cut = fc.oneof(
        fc.integer({ min: 16, max: bytes.length - end - 1 }),
        fc.integer({ min: 1, max: 64 }).map((missing) => bytes.length - end - missing),
        fc.constantFrom(0.99, 0.96, 0.9).map((share) => Math.floor(bytes.length * share)),
      );
      const rule = fc.constantFrom(...Object.values(rules));
      await fc.assert(
        fc.asyncProperty(cut, rule, async (length, preprocess) => {
          expect(await outcome(bytes.subarray(0, length), preprocess)).toBe('truncated');
        }),
        {
          numRuns: 15,
          examples: [
            [bytes.length - end - 1, narrowRule],
            [Math.floor(bytes.length * 0.96), narrowRule],
          ],
        },
      );
    });

    it.runIf(end > 0)('is decoded to the same crop if only its end marker is missing or incomplete', async () => {
      const [whole, ...cut] = await Promise.all(
        [0, 1, end].map((missing) =>
          cropImage(bytes.subarray(0, bytes.length - missing), narrowRule, defaultDecodeLimits),
        ),
      );
      for (const { tensor } of cut)
        expect(Buffer.from(tensor.pixels).equals(whole?.tensor.pixels ?? Buffer.alloc(0))).toBe(true);
      expect(await outcomes(bytes.subarray(0, bytes.length - end))).toEqual(always('decoded'));
    });
  });
});

/** Pixels of the other formats may end in zeros. */
const zeroTailed = formats.filter(({ name }) => !/^(?:WebP|AVIF|TIFF$)/.test(name));

describe.each(zeroTailed)('$name with zeros in place of its last part', ({ make }) => {
  it.each([0.97, 0.5])('%f of it', async (share) => {
    const bytes = Buffer.from(await make(noisy(large.width, large.height)));
    expect(await outcomes(bytes.fill(0, Math.floor(bytes.length * share)))).toEqual(always('truncated'));
  });
});

describe('a JPEG without an end marker', () => {
  it('is truncated if it ends between two scans', async () => {
    const bytes = await noisy(large.width, large.height).jpeg({ progressive: true }).toBuffer();
    const scans: number[] = [];
    for (let at = bytes.indexOf('ffda', 0, 'hex'); at >= 0; at = bytes.indexOf('ffda', at + 2, 'hex')) scans.push(at);
    expect(scans.length).toBeGreaterThan(3);
    for (const scan of scans.slice(1)) {
      expect(await outcomes(bytes.subarray(0, scan))).toEqual(always('truncated'));
    }
  });

  it('is truncated if its coding is arithmetic, where a missing byte cannot be seen', async () => {
    expect(await outcomes(arithmeticJpeg.subarray(0, -2))).toEqual(always('truncated'));
  });

  it('is truncated if other bytes follow in place of its pixels', async () => {
    const bytes = await noisy(large.width, large.height).jpeg().toBuffer();
    const cut = Buffer.concat([bytes.subarray(0, bytes.length * 0.98), Buffer.from('<html>502 Bad Gateway</html>')]);
    expect(await outcomes(cut)).toEqual(always('truncated'));
  });
});

describe('several images in a file', () => {
  const film = async () => {
    const [first, second] = await Promise.all(
      [noisy(300, 200), noisy(300, 200).negate()].map((image) => image.png().toBuffer()),
    );
    return sharp(
      [first, second].filter((frame) => frame !== undefined),
      { join: { animated: true } },
    );
  };

  it.each([
    ['GIF', async () => (await film()).gif().toBuffer()],
    [
      'JPEG with a second one behind it',
      async () => Buffer.concat([await noisy(300, 200).jpeg().toBuffer(), await noisy(300, 200).jpeg().toBuffer()]),
    ],
  ])('%s: the first one is enough', async (_, make) => {
    const bytes = await make();
    expect(await outcomes(bytes.subarray(0, bytes.length * 0.9))).toEqual(always('decoded'));
    expect(await outcomes(bytes.subarray(0, bytes.length * 0.4))).toEqual(always('truncated'));
  });
});

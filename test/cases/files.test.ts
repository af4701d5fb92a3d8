import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { findPreset } from '../../model/import/presets.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { defaultDecodeLimits } from '../../shared/images/decode/identify.ts';
import { cropImage } from '../../shared/images/preprocess/crop-image.ts';
import { type CropRule, cropRules } from '../../shared/models/crop-rule.ts';
import { describeWithFixtures } from '../support/fixtures.ts';
import { outcomeTable } from './outcome-table.ts';

const { preprocess } = findPreset('bvlc');

interface Expected {
  /** File with the same picture. */
  readonly same?: string;
  /** Maximum mean difference of the values of the crops, 0 to 255. @default 2 */
  readonly within?: number;
  /** Accepted reasons instead of the picture. */
  readonly or?: readonly string[];
  /** Text that the message of a rejection must contain. */
  readonly named?: RegExp;
}

const unsupported = ['unsupported_format'];

/** The right outcome of each file, by its name. */
const files: Readonly<Record<string, Expected>> = {
  'tiff-float32-rgb-with-icc.tif': { same: 'ok-control-plain.png', or: unsupported },
  'tiff-ycbcr-1x1-uncompressed.tif': { same: 'ok-control-plain.png', or: unsupported },
  'tiff-ycbcr-planar.tif': { same: 'ok-control-plain.png', or: unsupported },
  'tiff-lab16-alpha.tif': { same: 'ok-control-plain.png', or: unsupported },
  'tiff-old-style-jpeg-tiled.tif': { or: unsupported, named: /JPEG/ },
  'tiff-old-style-jpeg-strip.tif': { or: unsupported, named: /JPEG/ },
  'tiff-jpeg2000.tif': { or: unsupported, named: /JPEG 2000/ },
  'tiff-second-page-old-style-jpeg.tif': { same: 'ok-control-tiff-two-pages.tif' },
  'tiff-tiled-separate-planes.tif': { same: 'ok-control-plain.png', or: unsupported },
  'png-exif6-after-pixels.png': { same: 'ok-control-png-exif6-before-pixels.png' },
  'avif-sequence.avif': {
    same: 'ok-control-avif-sequence-first-frame.png',
    within: 3,
    or: unsupported,
    named: /sequence/,
  },
  'large-4-percent-short.jpg': { or: ['truncated'] },
  'small-4-percent-short.jpg': { or: ['truncated'] },
  'qoi-64.qoi': { or: unsupported, named: /qoi/i },
  'dds.dds': { or: unsupported, named: /dds|direct/i },
  'pcx.pcx': { or: unsupported, named: /pcx/i },
  'pam.pam': { or: unsupported, named: /pam|portable/i },
  'ok-control-plain.png': { same: 'ok-control-plain.png' },
  'ok-control-float32-rgb-no-icc.tif': { same: 'ok-control-plain.png' },
  'ok-control-new-style-jpeg-tiled.tif': { same: 'ok-control-plain.png' },
  'ok-control-ycbcr-2x2-uncompressed.tif': { same: 'ok-control-plain.png' },
};

describeWithFixtures('the file', (fixtures) => {
  const record = outcomeTable('Files of INDEX.md');
  const read = (name: string) => readFile(join(fixtures, 'cases', name));

  it.each(Object.entries(files))('%s has its right outcome', async (name, { same, within = 2, or = [], named }) => {
    const outcome = await outcomeOf(await read(name));
    if (outcome instanceof Failure) {
      record(name, `${outcome.reason}: ${outcome.message}`);
      expect(or, outcome.message).toContain(outcome.reason);
      if (named) expect(outcome.message).toMatch(named);
      return;
    }
    const difference = same === undefined ? undefined : meanDifference(outcome, await cropOf(await read(same)));
    record(name, difference === undefined ? 'classified' : `classified, within ${difference.toFixed(2)} of ${same}`);
    expect(difference, 'must not be classified').toBeDefined();
    expect(difference).toBeLessThanOrEqual(within);
  });

  it('gif-small-frame-no-transparency.gif is white around its frame', async () => {
    const crop = await cropOf(await read('gif-small-frame-no-transparency.gif'));
    record('gif-small-frame-no-transparency.gif', `classified, first pixel ${crop.subarray(0, 3).join(' ')}`);
    expect([...crop.subarray(0, 3)]).toEqual([255, 255, 255]);
  });
});

describeWithFixtures('a JPEG without its end marker', (fixtures) => {
  const record = outcomeTable('Missing end marker, by crop rule');
  const names = ['jpeg-only-end-marker-missing.jpg', 'large-no-end-marker.jpg'];
  const outcomes = new Set<string>();

  it.each(names.flatMap((name) => cropRules.map((rule) => [name, rule] as const)))(
    '%s has an outcome with %s crops',
    async (name, rule) => {
      const outcome = await outcomeOf(await readFile(join(fixtures, 'cases', name)), rule);
      const text = outcome instanceof Failure ? outcome.reason : 'classified';
      record(`${name}, ${rule}`, text);
      outcomes.add(text);
    },
  );

  afterAll(() => expect([...outcomes], 'the outcome depends on the size or the crop rule').toHaveLength(1));
});

describeWithFixtures('a JPEG that is 4 percent short', (fixtures) => {
  const names = ['large-4-percent-short.jpg', 'small-4-percent-short.jpg'];

  it.each(names.flatMap((name) => cropRules.map((rule) => [name, rule] as const)))(
    '%s is truncated with %s crops',
    async (name, rule) => {
      const outcome = await outcomeOf(await readFile(join(fixtures, 'cases', name)), rule);
      expect(outcome instanceof Failure ? outcome.reason : 'classified').toBe('truncated');
    },
  );
});

function outcomeOf(bytes: Uint8Array, rule: CropRule = 'center'): Promise<Uint8Array | Failure> {
  const crop = { ...preprocess.crop, rule };
  return cropImage(bytes, { ...preprocess, crop }, defaultDecodeLimits).then(
    ({ tensor }) => tensor.pixels,
    (error: unknown) => Failure.from(error),
  );
}

async function cropOf(bytes: Uint8Array): Promise<Uint8Array> {
  const outcome = await outcomeOf(bytes);
  if (outcome instanceof Failure) throw outcome;
  return outcome;
}

function meanDifference(one: Uint8Array, other: Uint8Array): number {
  return one.reduce((sum, value, index) => sum + Math.abs(value - (other[index] ?? 0)), 0) / one.length;
}

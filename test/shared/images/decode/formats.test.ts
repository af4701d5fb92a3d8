import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Failure } from '../../../../shared/failures/failure.ts';
import { defaultDecodeLimits } from '../../../../shared/images/decode/identify.ts';
import { cropImage } from '../../../../shared/images/preprocess/crop-image.ts';
import type { Preprocess } from '../../../../shared/models/model-manifest.ts';
import { repository } from '../../../support/cli.ts';
import { formatCases, formatTable } from '../../../support/formats/format-table.ts';
import { scene } from '../../../support/formats/scene.ts';
import { difference } from '../../../support/pixels.ts';

const rule: Preprocess = {
  resize: { rule: 'warp', width: 36, height: 36 },
  crop: { rule: 'center', width: 32, height: 32 },
  colourOrder: 'RGB',
  mean: [123, 117, 104],
  scale: [1, 1, 1],
  background: [255, 255, 255],
};
const crop = (bytes: Uint8Array) => cropImage(bytes, rule, defaultDecodeLimits);
const seen: { format: string; variant: string; outcome: string }[] = [];

describe('a file by its content', () => {
  afterAll(() => console.table(seen));

  it.each(formatCases)('$format, $variant: $outcome', async ({ format, variant, outcome, make, like }) => {
    const bytes = await make();
    const result = await crop(bytes).catch(Failure.from);
    if (result instanceof Failure) {
      seen.push({ format, variant, outcome: `${result.reason}: ${result.message}` });
      expect({ reason: result.reason, detail: result.message }).toEqual(outcome);
      return;
    }
    const png = await (like ?? (() => scene().png().toBuffer()))();
    const steps = difference(result.tensor.pixels, (await crop(png)).tensor.pixels);
    seen.push({ format, variant, outcome: `decoded as ${result.format}, differs by ${steps.toFixed(2)}` });
    expect(outcome).toEqual({ format: result.format, within: expect.any(Number) });
    if ('within' in outcome) expect(steps).toBeLessThanOrEqual(outcome.within);
  });
});

it('is told in docs/formats.md as these tests have it; node test/support/formats/write-table.ts writes it', async () => {
  const page = await readFile(join(repository, 'docs/formats.md'), 'utf8');
  expect(page).toContain(formatTable(formatCases));
});

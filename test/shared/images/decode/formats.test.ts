import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../../shared/failures/failure.ts';
import { defaultDecodeLimits } from '../../../../shared/images/decode/identify.ts';
import { cropImage } from '../../../../shared/images/preprocess/crop-image.ts';
import { repository } from '../../../support/cli.ts';
import { formatCases, formatTable } from '../../../support/formats/format-table.ts';
import { smallRule } from '../../../support/formats/rules.ts';
import { scene } from '../../../support/formats/scene.ts';
import { difference } from '../../../support/pixels.ts';

const crop = (bytes: Uint8Array) => cropImage(bytes, smallRule(), defaultDecodeLimits);

describe('a file', () => {
  it.each(formatCases)('$format, $variant: $outcome', async ({ outcome, make, reference }) => {
    const result = await crop(await make()).catch(Failure.from);
    if (result instanceof Failure) {
      expect({ reason: result.reason, detail: result.message }).toEqual(outcome);
      return;
    }
    const png = await (reference ?? (() => scene().png().toBuffer()))();
    const steps = difference(result.tensor.pixels, (await crop(png)).tensor.pixels);
    expect(outcome).toEqual({ format: result.format, within: expect.any(Number) });
    if ('within' in outcome) expect(steps).toBeLessThanOrEqual(outcome.within);
  });
});

it('docs/formats.md has the same cases; node test/support/formats/write-table.ts writes them', async () => {
  const page = await readFile(join(repository, 'docs/formats.md'), 'utf8');
  expect(page).toContain(formatTable(formatCases));
});

import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Failure } from '../../shared/failures/failure.ts';
import { defaultDecodeLimits } from '../../shared/images/decode/identify.ts';
import { cropImage } from '../../shared/images/preprocess/crop-image.ts';
import type { CropRule } from '../../shared/models/crop-rule.ts';
import type { DecodeRule } from '../../shared/models/decode-rule.ts';
import { describeWithFixtures } from '../support/fixtures.ts';
import { smallRule } from '../support/formats/rules.ts';
import { difference } from '../support/pixels.ts';

/** Of thousands of scans, or more than 16,000 pixels wide. */
const isSlow = (name: string) => /2646|16\d{3}/.test(name);
const isImage = (name: string) => /\.(?:avif|dds|gif|jpg|pam|pcx|png|qoi|tif|webp)$/.test(name);

describeWithFixtures('by the rule scaled', (fixtures) => {
  const folder = join(fixtures, 'cases');
  const names = readdirSync(folder).filter((name) => isImage(name) && !isSlow(name));

  // Crops of 32 × 32, so that the decoder also shrinks small images.
  it.each(names)('%s has the outcome and the picture that it has by the rule exact', async (name) => {
    const bytes = await readFile(join(folder, name));
    for (const crop of ['center', 'ten'] as const) {
      const [exact, scaled] = [await outcomeOf(bytes, crop, 'exact'), await outcomeOf(bytes, crop, 'scaled')];
      if (exact instanceof Failure || scaled instanceof Failure) expect(scaled).toEqual(exact);
      else expect(difference(scaled, exact)).toBeLessThan(2);
    }
  });
});

function outcomeOf(bytes: Uint8Array, crop: CropRule, decode: DecodeRule): Promise<Uint8Array | Failure> {
  return cropImage(bytes, { ...smallRule(crop), decode }, defaultDecodeLimits).then(
    ({ tensor }) => tensor.pixels,
    (error: unknown) => Failure.from(error),
  );
}

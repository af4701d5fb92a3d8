import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { importModel } from '../../../model/import/import-model.ts';
import type { PreprocessingOptions } from '../../../model/import/preprocessing-options.ts';
import { quantizeModel } from '../../../model/quantize/quantize-model.ts';
import { describeWithFixtures } from '../../support/fixtures.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describeWithFixtures('int8 of networks from the field', (fixtures) => {
  const files = join(fixtures, 'cases/onnx');
  const photos = join(fixtures, 'photos');

  async function imported(name: string, side: number, options: PreprocessingOptions): Promise<string> {
    const source = join(temporaryFolder(), name);
    const sides = { width: side, height: side };
    const warp = { resize: 'warp', resizeSize: sides, cropSize: sides } as const;
    await importModel({ source: join(files, `${name}.onnx`), ...warp, ...options, out: source });
    return source;
  }

  const unit = 1 / 255;
  const toUnit: PreprocessingOptions = { mean: [0, 0, 0], scale: [unit, unit, unit] };
  const insideFile: PreprocessingOptions = { order: 'RGB' };
  const bytes: PreprocessingOptions = { order: 'RGB', mean: [0, 0, 0], scale: [1, 1, 1] };

  it.runIf(existsSync(files)).each([
    { name: 'v-grey', side: 32, preprocessing: toUnit },
    { name: 'mnist-cntk', side: 28, preprocessing: toUnit },
    { name: 'v-uint8in', side: 32, preprocessing: insideFile },
    { name: 'v-builtin', side: 32, preprocessing: bytes },
  ])('$name agrees on at least 97 % of images that took no part', async ({ name, side, preprocessing }) => {
    const source = await imported(name, side, preprocessing);
    // Whether a network this small is faster in int8 depends on the machine.
    const options = { source, calibrate: photos, images: 100, out: `${source}-int8`, force: true };
    const { agreement } = await quantizeModel(options);
    expect(agreement.images).toBe(100);
    expect(agreement.sameLabel).toBeGreaterThanOrEqual(0.97);
    expect(agreement.embeddingCosine).toBeGreaterThan(0.998);
  });

  it.runIf(existsSync(files))('a network of two small layers is refused, since it becomes slower', async () => {
    const source = await imported('mnist-cntk', 28, toUnit);
    const options = { source, calibrate: photos, images: 20, out: `${source}-int8`, minAgreement: 0 };
    await expect(quantizeModel(options)).rejects.toThrow(/the int8 model is slower than .*mnist-cntk: 0\.\d+ times/);
  });
});

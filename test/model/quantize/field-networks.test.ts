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

  async function imported(name: string, size: number, isGray: boolean): Promise<string> {
    const source = join(temporaryFolder(), name);
    const sides = { width: size, height: size };
    const unit = 1 / 255;
    const options: PreprocessingOptions = isGray
      ? { resize: 'warp', resizeSize: sides, cropSize: sides, mean: [0, 0, 0], scale: [unit, unit, unit] }
      : { resize: 'warp', resizeSize: sides, cropSize: sides, order: 'RGB' };
    await importModel({ source: join(files, `${name}.onnx`), ...options, out: source });
    return source;
  }

  it.runIf(existsSync(files)).each([
    ['v-grey', 32, true],
    ['mnist-cntk', 28, true],
  ])('%s agrees on at least 97 %% of images that took no part', async (name, size, isGray) => {
    const source = await imported(name, size, isGray);
    // Whether a network this small is faster in int8 depends on the machine.
    const options = { source, calibrate: photos, images: 100, out: `${source}-int8`, force: true };
    const { agreement } = await quantizeModel(options);
    expect(agreement.images).toBe(100);
    expect(agreement.sameLabel).toBeGreaterThanOrEqual(0.97);
    expect(agreement.embeddingCosine).toBeGreaterThan(0.998);
  });

  it.runIf(existsSync(files))('a network whose few layers all cost agreement is refused, with the share', async () => {
    const source = await imported('v-uint8in', 32, false);
    const options = { source, calibrate: photos, images: 100, out: `${source}-int8` };
    await expect(quantizeModel(options)).rejects.toThrow(
      /differs too much from .*v-uint8in: same label on 9\d.* of 100 images/,
    );
  });

  it.runIf(existsSync(files))('a network of two small layers is refused, since it becomes slower', async () => {
    const source = await imported('mnist-cntk', 28, true);
    const options = { source, calibrate: photos, images: 20, out: `${source}-int8`, minAgreement: 0 };
    await expect(quantizeModel(options)).rejects.toThrow(/the int8 model is slower than .*mnist-cntk: 0\.\d+ times/);
  });
});

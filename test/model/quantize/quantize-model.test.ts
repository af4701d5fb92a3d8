import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { importModel } from '../../../model/import/import-model.ts';
import { optimizeModel } from '../../../model/optimize/optimize-model.ts';
import { makeHalfModel } from '../../../model/quantize/make-half-model.ts';
import { quantizeModel } from '../../../model/quantize/quantize-model.ts';
import { compareModels } from '../../../model/verify/compare-models.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { loadModel } from '../../../shared/models/model-directory.ts';
import { describeWithFixtures } from '../../support/fixtures.ts';
import { picture, writePhotos } from '../../support/photos.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';

const folder = temporaryFolder();
const tiny = join(folder, 'tiny');
const photos = join(folder, 'photos');

await writeTinyModel(tiny);
await writePhotos(photos, 12);
await writeFile(join(photos, 'note.txt'), 'not an image');

describe('quantizeModel', () => {
  it('writes an int8 model with its own name and nearly the same embeddings as the float model', async () => {
    const out = join(folder, 'tiny-int8');
    const result = await quantizeModel({ source: tiny, calibrate: photos, images: 100, out, force: true });
    expect(result).toMatchObject({
      images: 9,
      agreement: { images: 3 },
      speedup: expect.any(Number),
      leftOut: { not_an_image: 1 },
      inFloat: [],
      manifest: { name: 'tiny-int8' },
    });
    expect(result.agreement.embeddingCosine).toBeGreaterThan(0.99);
    const [float, int8] = [await loadModel(tiny), await loadModel(out)];
    expect(int8.preprocess).toBe(float.preprocess);
    expect(int8.id).not.toBe(float.id);
  });

  it('calibrates with at most the given number of images, and compares on as many others', async () => {
    const out = join(folder, 'tiny-few');
    const result = await quantizeModel({ source: tiny, calibrate: photos, images: 4, out, force: true });
    expect(result).toMatchObject({ images: 4, agreement: { images: 4 } });
  });

  it('neither calibrates nor chooses float layers on the held-out images', async () => {
    // Every second image calibrates. The others have far larger values.
    const uneven = join(folder, 'uneven');
    await mkdir(uneven);
    for (let number = 0; number < 8; number += 1) {
      const level = 120 + number / 2;
      const flat = { width: 40, height: 40, channels: 3, background: { r: level, g: level, b: level } } as const;
      const image = number % 2 === 0 ? sharp({ create: flat }) : picture(number);
      await image.png().toFile(join(uneven, `${number}.png`));
    }
    const out = join(folder, 'tiny-uneven');
    const result = await quantizeModel({ source: tiny, calibrate: uneven, images: 4, out, force: true });
    expect(result).toMatchObject({ images: 4, floatLayers: 0, inFloat: [], agreement: { images: 4 } });
    expect(result.agreement.embeddingCosine).toBeLessThan(0.98);
  });

  it('needs an image that it was not calibrated on', async () => {
    const single = join(folder, 'single');
    await writePhotos(single, 1);
    const quantizing = quantizeModel({ source: tiny, calibrate: single, images: 4, out: join(folder, 'never') });
    await expect(quantizing).rejects.toThrow(/only 1 image in .*single can be read: give at least 2/);
  });

  it('refuses a network that is too small to become faster, and writes nothing', async () => {
    const options = { source: tiny, calibrate: photos, images: 6, out: join(folder, 'never') };
    await expect(quantizeModel(options)).rejects.toThrow(
      /the int8 model is not faster than .*tiny after .*: .*nothing was written/,
    );
    expect(await readdir(folder)).not.toContain('never');
  });

  it.each([tiny, `${tiny}/../tiny`])('never overwrites its source model: %s', async (out) => {
    const before = await loadModel(tiny);
    const refusal = /is the source model: give another folder/;
    await expect(quantizeModel({ source: tiny, calibrate: photos, images: 4, out })).rejects.toThrow(refusal);
    await expect(optimizeModel({ source: tiny, out, mergeSiblings: false })).rejects.toThrow(refusal);
    expect((await loadModel(tiny)).id).toBe(before.id);
  });

  it.each([
    ['a missing folder', 'absent', /no such folder/],
    ['a folder without images', 'texts', /no calibration images in .*texts: 1 file .*1 not_an_image; give a folder/],
  ])('rejects %s and writes nothing', async (_, name, text) => {
    await mkdir(join(folder, 'texts'), { recursive: true });
    await writeFile(join(folder, 'texts/a.txt'), 'hello');
    const out = join(folder, 'never');
    await expect(quantizeModel({ source: tiny, calibrate: join(folder, name), images: 9, out })).rejects.toThrow(text);
    expect(await readdir(folder)).not.toContain('never');
  });

  it('rejects a model that is already int8 or half precision, naming the float model that it was made from', async () => {
    const { id } = await loadModel(tiny);
    await makeHalfModel({ source: tiny, images: 2, out: join(folder, 'half') });
    const out = join(folder, 'never');
    const refusals = [
      ['tiny-int8', /^tiny-int8@\w+ is an int8 model: give the float model that it was made from, tiny \((.*)\)$/],
      ['half', /^tiny-fp16@\w+ is a half-precision model: give the float model that it was made from, tiny \((.*)\)$/],
    ] as const;
    for (const [name, text] of refusals) {
      const source = join(folder, name);
      for (const again of [
        () => quantizeModel({ source, calibrate: photos, images: 9, out }),
        () => makeHalfModel({ source, images: 2, out }),
        () => optimizeModel({ source, out, mergeSiblings: false }),
      ]) {
        const error: unknown = await again().catch((cause: unknown) => cause);
        expect(error).toBeInstanceOf(UserError);
        expect(text.exec(String(error).replace('UserError: ', ''))?.[1]).toBe(id);
      }
    }
  });
});

describe('makeHalfModel', () => {
  it('writes a smaller model with the same labels as the float model', async () => {
    const out = join(folder, 'tiny-fp16');
    const { agreement } = await makeHalfModel({ source: tiny, images: 8, out });
    expect(agreement.sameLabel).toBe(1);
    expect(agreement.embeddingCosine).toBeGreaterThan(0.9999);
    expect((await loadModel(out)).network.length).toBeLessThan((await loadModel(tiny)).network.length);
  });

  it('measures value ranges on the images of a given folder', async () => {
    const result = await makeHalfModel({
      source: tiny,
      calibrate: photos,
      images: 100,
      out: join(folder, 'tiny-half'),
    });
    expect(result).toMatchObject({
      leftOut: { not_an_image: 1 },
      inFloat: [],
      agreement: { images: 12, sameLabel: 1 },
    });
  });
});

describeWithFixtures('GoogLeNet with equal weights, whose values exceed 65,504', (fixtures) => {
  it('is converted to half precision up to the first node that exceeds the range', async () => {
    const source = join(folder, 'light');
    await importModel({ source: join(fixtures, 'models/light/light_inception_v1.onnx'), preset: 'bvlc', out: source });
    const out = join(folder, 'light-fp16');
    const { inFloat, agreement } = await makeHalfModel({ source, images: 8, out });
    expect(inFloat[0]).toBe('Conv node n28');
    expect(inFloat).not.toContain('Conv node n8');
    expect(agreement.maxDifference).toBeLessThan(1e-3);
    expect(agreement.embeddingCosine).toBeGreaterThan(0.999);
  });
});

describeWithFixtures('GoogLeNet with its published weights, on 30 photos', (fixtures) => {
  const at = (name: string) => join(folder, name);

  beforeAll(async () => {
    const source = join(fixtures, 'models/googlenet-zoo.onnx');
    await importModel({ source, preset: 'bvlc', labels: join(fixtures, 'models/synset_words.txt'), out: at('float') });
    await mkdir(at('some'));
    const names = (await readdir(join(fixtures, 'photos'))).filter((_, index) => index % 6 === 0).slice(0, 30);
    for (const name of names) await copyFile(join(fixtures, 'photos', name), join(at('some'), name));
  });

  // test/slow/quantized-accuracy.test.ts measures the accuracy on all 200 photos.
  it('keeps probabilities within 1e-4 when it is optimized, and labels when it is then quantized', async () => {
    const { passes } = await optimizeModel({ source: at('float'), out: at('fast'), mergeSiblings: true });
    expect(passes).toEqual(['LRN as convolution', 'merge sibling convolutions']);
    const fast = await compareModels(at('fast'), { photos: at('some'), against: at('float') });
    expect(fast.against?.agreement).toMatchObject({ images: 30, sameLabel: 1 });
    expect(fast.against?.agreement.maxDifference).toBeLessThan(1e-4);
    const options = { source: at('fast'), calibrate: at('some'), images: 30, out: at('int8') };
    const { inFloat, agreement } = await quantizeModel(options);
    expect(inFloat).toEqual([]);
    expect(agreement.sameLabel).toBeGreaterThanOrEqual(0.96);
    expect(agreement.embeddingCosine).toBeGreaterThanOrEqual(0.99);
  });
});

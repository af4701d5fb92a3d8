import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { builtInModels } from '../../model/catalog/built-in-models.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { scene } from '../support/formats/scene.ts';
import { commandOutput, failureOf } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const [photos, exact, scaled] = [join(folder, 'photos'), join(folder, 'exact'), join(folder, 'scaled')];
const summarySchema = z.object({ classified: z.number(), classifiedBefore: z.number() });
const hitSchema = z.object({ key: z.string(), similarity: z.number() });

beforeAll(async () => {
  await mkdir(photos);
  await writeFile(join(photos, 'large.jpg'), await scene().resize(1200, 800).jpeg().toBuffer());
  await writeFile(join(photos, 'other.jpg'), await scene().negate().resize(1200, 800).jpeg().toBuffer());
  for (const [decode, out] of [
    ['exact', exact],
    ['scaled', scaled],
  ] as const) {
    await commandOutput(['model', 'pull', 'fashion-mnist', '--decode', decode, '--out', out]);
  }
});

async function run(model: string, store: string) {
  return summarySchema.parse(
    JSON.parse(await commandOutput(['run', photos, '--model', model, '--store', store, '--json'])),
  );
}

describe('model pull --decode', () => {
  it('writes a copy that differs in nothing but its preprocessing', async () => {
    const [one, other] = [await loadModel(exact), await loadModel(scaled)];
    expect(one.manifest.preprocess).not.toHaveProperty('decode');
    expect(other.manifest).toEqual({ ...one.manifest, preprocess: { ...one.manifest.preprocess, decode: 'scaled' } });
    expect(other.id).toBe(one.id);
    expect(other.preprocess).not.toBe(one.preprocess);
    expect(await commandOutput(['model', 'inspect', scaled])).toMatch(/^decode {6}scaled$/m);
    expect(await commandOutput(['model', 'inspect', exact])).toMatch(/^decode {6}exact$/m);
  });

  it('does not change the model in the cache or in the package', async () => {
    const recipe = builtInModels.get('fashion-mnist')?.recipe;
    if (recipe?.kind !== 'included') throw new Error('expected a model of the package');
    const before = await readFile(join(recipe.directory, 'manifest.json'), 'utf8');
    expect(await failureOf(['model', 'pull', 'fashion-mnist', '--decode', 'scaled'], 2)).toBe(
      '--decode changes a copy of the model: give --out, and use that folder as --model',
    );
    expect(await readFile(join(recipe.directory, 'manifest.json'), 'utf8')).toBe(before);
  });
});

describe('models with different decode rules', () => {
  it('each classify the images once in the same store', async () => {
    const store = join(folder, 'both');
    expect(await run(exact, store)).toEqual({ classified: 2, classifiedBefore: 0 });
    expect(await run(scaled, store)).toEqual({ classified: 2, classifiedBefore: 0 });
    expect(await run(exact, store)).toEqual({ classified: 0, classifiedBefore: 2 });
    expect(await run(scaled, store)).toEqual({ classified: 0, classifiedBefore: 2 });
  });

  it.each([
    [exact, scaled],
    [scaled, exact],
  ])('find an image of results that the other one computed, as it was decoded there', async (first, second) => {
    const store = join(folder, `results-${first === exact ? 'exact' : 'scaled'}`);
    await run(first, store);
    const copy = join(folder, 'copy.jpg');
    await copyFile(join(photos, 'large.jpg'), copy);
    const found = await commandOutput(['similar', copy, '--model', second, '--store', store, '--json']);
    const hit = hitSchema.parse(JSON.parse(found.split('\n', 1)[0] ?? ''));
    expect(hit.key).toBe('large.jpg');
    expect(hit.similarity).toBeCloseTo(1, 6);
  });
});

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensembleModel, importModel, optimizeModel, quantizeModel, UserError } from '../../model/index.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { repository } from '../support/cli.ts';
import { formSize, plainForm, writeGraph } from '../support/import-forms.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeMember } from '../support/write-member.ts';

const source = join(repository, 'demo/fashion-mnist/model');
const photos = join(repository, 'demo/fashion-mnist/samples');
const out = join(temporaryFolder(), 'out');
const onnx = join(source, 'model.onnx');

describe('the functions that make models', () => {
  it.each([
    [importModel, { source: onnx, preset: 'bvlc', out }, 'invalid options of importModel: labels: give the path of a'],
    [importModel, { source: onnx, preset: 'bvcl', labels: null, out }, 'importModel: preset: give one of bvlc, '],
    [importModel, { source: onnx, mean: 'x', labels: null, out }, 'importModel: mean: give three numbers'],
    [optimizeModel, {}, 'invalid options of optimizeModel: source: give a model directory'],
    [optimizeModel, undefined, 'invalid options of optimizeModel: give an object with source, out'],
    [optimizeModel, { source, out, fast: true }, 'unknown option fast, the options are source, out'],
    [
      optimizeModel,
      { source: 'googlenet', out },
      'no model in googlenet; give a model directory: one that importModel',
    ],
    [optimizeModel, { source, out: source }, `${source} is the source model: give another folder`],
    [quantizeModel, { source, photos, out, images: 0 }, 'quantizeModel: images: give a whole number of at least 1'],
    [quantizeModel, { source, photos, out, images: -1 }, 'quantizeModel: images: give a whole number of at least 1'],
    [quantizeModel, { source: 'googlenet', photos, out }, "for a name, await pullModel('googlenet')"],
    [ensembleModel, { sources: source, out }, 'invalid options of ensembleModel: sources: give a list of model direct'],
    [ensembleModel, { sources: [source], out }, 'an ensemble needs two or more models'],
    [ensembleModel, { sources: [source, 'googlenet'], out }, "for a name, await pullModel('googlenet')"],
    [ensembleModel, { sources: [source, source], out }, 'the same model twice: '],
  ])('%o refuses %j in the words of the library', async (make, options, message) => {
    // A program in JavaScript.
    const making: Promise<unknown> = Reflect.apply(make, undefined, [options]);
    const error = await making.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ message: expect.stringContaining(message) });
    expect(String(error)).not.toMatch(/\n|--/);
    expect(existsSync(out)).toBe(false);
  });
});

describe('importing a network from a program', () => {
  const folder = temporaryFolder();
  const size = { width: formSize, height: formSize };
  const sizes = { labels: null, resize: 'warp', resizeSize: size, cropSize: size, out: join(folder, 'out') } as const;
  const [mean, scale] = [[1, 2, 3] as const, [1, 1, 1] as const];

  it('needs only the options that the network uses', async () => {
    const color = await writeGraph(folder, plainForm(), 'color.onnx');
    await expect(importModel({ source: color, ...sizes })).rejects.toThrow(
      'give preset or all preprocessing options; missing: mean, scale, order',
    );
    const gray = await writeGraph(folder, plainForm({ channels: 1 }), 'gray.onnx');
    await expect(importModel({ source: gray, ...sizes, mean, scale, order: 'BGR' })).rejects.toThrow(
      'order has no effect, because the network is grayscale: leave it out',
    );
    await expect(importModel({ source: gray, ...sizes, mean, scale })).resolves.toMatchObject({
      id: expect.stringMatching(/^gray@/),
      inputSize: size,
    });
  });
});

it('combines models into one that a program can open', async () => {
  const sources = [await writeMember(), await writeMember({ channels: 5 })];
  const directory = join(temporaryFolder(), 'pair');
  const made = await ensembleModel({ sources, out: directory, name: 'pair' });
  expect(made).toMatchObject({ directory, id: expect.stringMatching(/^pair@/), embeddingSize: 16 });
  expect(made.maxDifference).toBeLessThan(1e-6);
  expect((await loadModel(directory)).id).toBe(made.id);
});

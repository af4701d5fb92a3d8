import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { finetuneModel } from '../../../model/finetune/finetune-model.ts';
import type { ImageExamples } from '../../../model/finetune/image-examples.ts';
import { joinLayers } from '../../../model/finetune/join-layers.ts';
import { openHead } from '../../../model/finetune/open-head.ts';
import { buildModel } from '../../../model/networks/build-model.ts';
import { loadModel } from '../../../shared/models/model-directory.ts';
import { clusters } from '../../support/clusters.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
await buildModel({ network: 'compact-inception', width: 0.25, out: join(folder, 'inception') });
const inception = await loadModel(join(folder, 'inception'));
const joined = await joinLayers(inception, 3);
const short = inception.manifest.outputs.embeddingSize;
const long = joined.manifest.outputs.embeddingSize;
const images = [9, 9, 9];
const labels = ['a', 'b', 'c'];

/** Embeddings that separate the labels by the numbers from `start` to `end`; the others are noise. */
function separableBy(start: number, end: number): ImageExamples {
  const separable = clusters(images, { size: long });
  const noise = clusters(images, { size: long, spread: 30, seed: 2 });
  const embeddings = separable.embeddings.map((value, at) => {
    const number = at % long;
    return number >= start && number < end ? value : (noise.embeddings[at] ?? 0);
  });
  return { ...separable, embeddings };
}

describe('a model chosen by its layers', () => {
  it.each([
    ['the network whose embedding separates the labels', 0, short, inception],
    ['the network with more layers, if only these separate the labels', short, long, joined],
  ])('has %s, and labels by it', async (about, start, end, expected) => {
    const examples = separableBy(start, end);
    const out = join(folder, about);
    const options = { models: [inception, joined], examples, labels, name: 'own', out, folds: 3, seed: 1 };
    const { embeddingSize } = await finetuneModel(options);
    const size = expected.manifest.outputs.embeddingSize;
    const model = await loadModel(out);
    expect([embeddingSize, model.manifest.outputs.embeddingSize]).toEqual([size, size]);
    expect(model.manifest.finetunedFrom).toEqual([expected.id]);

    const head = await openHead(model);
    const probabilities = await head.probabilities(examples.embeddings.filter((_, at) => at % long < size));
    await head.close();
    const predicted = Array.from(examples.labels, (_, image) => {
      const row = probabilities.subarray(image * labels.length, (image + 1) * labels.length);
      return BigInt(row.indexOf(Math.max(...row)));
    });
    expect(predicted).toEqual([...examples.labels]);
  });
});

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importModel } from '../../../../model/import/import-model.ts';
import { formClasses, formFeatures, formParts, formSize, writeGraph } from '../../../support/import-forms.ts';
import { expectSameProbabilities, feeds, formOptions, repeated, softmax } from '../../../support/import-oracle.ts';
import { swinExport } from '../../../support/swin-network.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { convNextExport, type TorchForm, vitExport } from '../../../support/transformer-networks.ts';

const forms: TorchForm[] = [18, 20, 23].flatMap((opset) => [
  { opset, batch: 1 },
  { opset, batch: 'free' },
]);

describe('a network with LayerNormalization and GELU', () => {
  it.each(forms)('can be a ConvNeXt of operator set $opset and batch $batch', async (form) => {
    const source = await writeGraph(temporaryFolder(), convNextExport(form));
    await expectSameProbabilities(source, { feed: feeds.color, probabilities: softmax });
  });

  it.each(forms)('can be a vision transformer of operator set $opset and batch $batch', async (form) => {
    const source = await writeGraph(temporaryFolder(), vitExport(form));
    await expectSameProbabilities(source, { feed: feeds.color, probabilities: softmax });
  });

  it.each<TorchForm>([
    { opset: 18, batch: 1, parts: 'Gather' },
    { opset: 18, batch: 'free', parts: 'Gather' },
    { opset: 20, batch: 1, parts: 'Split' },
    { opset: 20, batch: 'free', parts: 'Split' },
  ])('can move queries, keys and values to the front, batch $batch, $parts', async (form) => {
    const source = await writeGraph(temporaryFolder(), vitExport(form));
    await expectSameProbabilities(source, { feed: feeds.color, probabilities: softmax });
  });
});

describe('a network that moves the windows of its images to the first axis', () => {
  it.each([1, 2])('can be a Swin transformer of batch %i', async (batch) => {
    const source = await writeGraph(temporaryFolder(), swinExport(batch));
    await expectSameProbabilities(source, { feed: repeated(feeds.color, batch), probabilities: softmax });
  });

  /** A classifier of quarters of the features: four rows per image. */
  const ofQuarters = (
    rows: readonly number[],
    join: (logits: string, parts: ReturnType<typeof formParts>) => string,
  ) => {
    const parts = formParts();
    const { sketch, vector, maps } = parts;
    const quarters = sketch.node('Reshape', [vector(maps('pixels')), sketch.ints(rows)]);
    const weights = [sketch.weights([formFeatures / 4, formClasses], 2), sketch.weights([1, formClasses], 1)] as const;
    const logits = sketch.node('Add', [sketch.node('MatMul', [quarters, weights[0]]), weights[1]]);
    return sketch.graph(
      { name: 'pixels', shape: [1, 3, formSize, formSize] },
      { value: join(logits, parts), shape: [1, 4 * formClasses] },
    );
  };

  it.each([
    [
      'classifies each window',
      ofQuarters([4, 2], (logits, { sketch }) => sketch.node('Reshape', [logits, sketch.ints([1, 4 * formClasses])])),
      'reads [4, 2], several vectors per image',
    ],
    [
      'adds windows to an image',
      ofQuarters([-1, 2], (logits, { sketch, vector, maps }) => {
        const sizes = sketch.ints([1, 4 * formClasses]);
        const large = sketch.node('Gemm', [vector(maps('pixels')), sketch.weights([formFeatures, formClasses], 1)]);
        const row = sketch.node('Reshape', [sketch.node('Add', [logits, large]), sizes]);
        return sketch.node('Gemm', [row, sketch.weights([4 * formClasses, 4 * formClasses], 1)]);
      }),
      'may mix the images of a batch',
    ],
    ['leaves the windows as rows', ofQuarters([4, 2], (logits) => logits), 'not a classifier'],
  ])('is refused if it %s', async (_, graph, message) => {
    const folder = temporaryFolder();
    const source = await writeGraph(folder, graph);
    await expect(importModel({ source, ...formOptions, out: join(folder, 'out') })).rejects.toThrow(message);
  });
});

import { describe, it } from 'vitest';
import { writeGraph } from '../../../support/import-forms.ts';
import { expectSameProbabilities, feeds, softmax } from '../../../support/import-oracle.ts';
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

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensembleModel } from '../../../model/ensemble/ensemble-model.ts';
import { openHead } from '../../../model/finetune/open-head.ts';
import { intAttribute } from '../../../model/graph/attribute.ts';
import { importModel } from '../../../model/import/import-model.ts';
import { optimizeModel } from '../../../model/optimize/optimize-model.ts';
import { predictCrops } from '../../../model/verify/predict-crops.ts';
import { syntheticCrops } from '../../../model/verify/synthetic-crops.ts';
import { loadModel, type Model } from '../../../shared/models/model-directory.ts';
import { formClasses, formFeatures, formParts, formSize, writeGraph } from '../../support/import-forms.ts';
import { formOptions } from '../../support/import-oracle.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { type MemberOptions, writeMember } from '../../support/write-member.ts';

async function expectSameProbabilities(model: Model) {
  const crops = syntheticCrops(5, model.manifest.preprocess.crop);
  const rows = await predictCrops(crops, model.network, model.manifest);
  const head = await openHead(model);
  const probabilities = await head.probabilities(Float32Array.from(rows.flatMap(({ embedding }) => [...embedding])));
  await head.close();
  const expected = rows.flatMap((row) => [...row.probabilities]);
  expect(probabilities).toHaveLength(expected.length);
  for (const [at, value] of expected.entries()) expect(probabilities[at]).toBeCloseTo(value, 6);
}

const old: MemberOptions = { edit: (graph) => ({ ...graph, opset: 11 }) };

describe('the head of an ensemble', () => {
  it.each<[string, MemberOptions[]]>([
    ['the embeddings of its members', [{}, { channels: 5, labels: ['d', 'c', 'b', 'a'] }]],
    ['the embeddings of members of operator set 11', [old, { ...old, channels: 5 }]],
    ['one embedding that its members share', [{ head: 20 }, { head: 30 }]],
  ])('computes its probabilities from %s', async (_, members) => {
    const folder = temporaryFolder();
    const sources = await Promise.all(members.map((member) => writeMember(member)));
    const { directory } = await ensembleModel({ sources, out: join(folder, 'ensemble') });
    await expectSameProbabilities(await loadModel(directory));
    const fast = await optimizeModel({ source: directory, out: join(folder, 'fast'), mergeSiblings: false });
    await expectSameProbabilities(await loadModel(fast.directory));
  });

  it('needs the embeddings of all members', async () => {
    const sources = [await writeMember(), await writeMember({ channels: 5 })];
    const out = join(temporaryFolder(), 'one');
    await ensembleModel({ sources, embeddingOf: sources[0], out });
    await expect(openHead(await loadModel(out))).rejects.toThrow(
      'does not contain those of all members, from which its probabilities are computed: combine them without --embedding-of',
    );
  });
});

describe('the head of an imported classifier', () => {
  type Parts = ReturnType<typeof formParts>;
  const rows = ({ sketch, vector, maps }: Parts) => {
    const features = sketch.node('Unsqueeze', [vector(maps('pixels')), sketch.ints([1])]);
    const logits = sketch.node('MatMul', [features, sketch.weights([formFeatures, formClasses], 2)]);
    return sketch.node('Squeeze', [logits, sketch.ints([1])]);
  };
  const pixel = ({ sketch, maps }: Parts) => {
    const features = sketch.node('GlobalAveragePool', [maps('pixels')]);
    const logits = sketch.conv(features, formFeatures, formClasses, 1);
    return sketch.node('Flatten', [logits], [intAttribute('axis', 1)]);
  };
  const maps = (parts: Parts) => {
    const logits = parts.sketch.conv(parts.maps('pixels'), formFeatures, formClasses, 1);
    return parts.vector(parts.sketch.node('Relu', [logits]));
  };
  async function imported(logits: (parts: Parts) => string) {
    const parts = formParts();
    const image = { name: 'pixels', shape: ['N', 3, formSize, formSize] };
    const graph = parts.sketch.graph(image, { value: logits(parts), shape: ['N', formClasses] });
    const folder = temporaryFolder();
    const source = await writeGraph(folder, graph);
    await importModel({ source, ...formOptions, out: join(folder, 'model') });
    return loadModel(join(folder, 'model'));
  }

  it.each([
    ['[N, 1, size]', rows],
    ['maps of one pixel', pixel],
  ])('reads its embedding as %s', async (_, logits) => expectSameProbabilities(await imported(logits)));

  it('is refused if it reads larger maps, of which the embedding is the mean', async () => {
    await expect(openHead(await imported(maps))).rejects.toThrow('do not depend on its embedding alone');
  });
});

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensembleModel } from '../../../model/ensemble/ensemble-model.ts';
import { openHead } from '../../../model/finetune/open-head.ts';
import { optimizeModel } from '../../../model/optimize/optimize-model.ts';
import { predictCrops } from '../../../model/verify/predict-crops.ts';
import { syntheticCrops } from '../../../model/verify/synthetic-crops.ts';
import { loadModel, type Model } from '../../../shared/models/model-directory.ts';
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

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type FinetuneResult, finetunedName, finetuneModel } from '../../../model/finetune/finetune-model.ts';
import { openHead } from '../../../model/finetune/open-head.ts';
import { findRelabelSources } from '../../../model/finetune/relabel-sources.ts';
import { bodyDigest } from '../../../model/finetune/replace-head.ts';
import { optimizeModel } from '../../../model/optimize/optimize-model.ts';
import { predictCrops } from '../../../model/verify/predict-crops.ts';
import { syntheticCrops } from '../../../model/verify/synthetic-crops.ts';
import { verifyModel } from '../../../model/verify/verify-model.ts';
import { loadModel } from '../../../shared/models/model-directory.ts';
import { clusters } from '../../support/clusters.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';

async function finetuned(folder: string, from: string, out: string, seed = 1) {
  const model = await loadModel(join(folder, from));
  const options = { examples: clusters([9, 9, 9], { seed }), labels: ['a', 'b', 'c'], folds: 3, seed: 1 };
  await finetuneModel({ ...options, models: [model], name: out, out: join(folder, out) });
  return loadModel(join(folder, out));
}

describe('a finetuned model', () => {
  it('has the same embeddings bit by bit, and probabilities of the new labels', async () => {
    const folder = temporaryFolder();
    await writeTinyModel(join(folder, 'tiny'));
    const tiny = await loadModel(join(folder, 'tiny'));
    const model = await finetuned(folder, 'tiny', 'own');
    expect(model.manifest.labels).toEqual(['a', 'b', 'c'].map((name) => ({ id: name, name })));
    expect(model.manifest.finetunedFrom).toEqual([tiny.id]);
    expect(bodyDigest(model.network, model.manifest.outputs)).toBe(bodyDigest(tiny.network, tiny.manifest.outputs));
    expect((await verifyModel(join(folder, 'own'))).ok).toBe(true);

    const crops = syntheticCrops(5, tiny.manifest.preprocess.crop);
    const before = await predictCrops(crops, tiny.network, tiny.manifest);
    const after = await predictCrops(crops, model.network, model.manifest);
    expect(after.map(({ embedding }) => embedding)).toEqual(before.map(({ embedding }) => embedding));
    const head = await openHead(model);
    const embeddings = Float32Array.from(before.flatMap(({ embedding }) => [...embedding]));
    const probabilities = await head.probabilities(embeddings);
    await head.close();
    for (const [at, value] of after.flatMap((answer) => [...answer.probabilities]).entries()) {
      expect(probabilities[at]).toBeCloseTo(value, 6);
    }
  });

  it('reports whether each fit converged', async () => {
    const folder = temporaryFolder();
    await writeTinyModel(join(folder, 'tiny'));
    const model = await loadModel(join(folder, 'tiny'));
    const options = {
      models: [model],
      examples: clusters([9, 9], { spread: 2 }),
      labels: ['a', 'b'],
      folds: 2,
      seed: 1,
    };
    const convergence = ({ converged, crossValidation }: FinetuneResult) => [
      converged,
      ...crossValidation.folds.map((fold) => fold.converged),
    ];
    const complete = await finetuneModel({ ...options, name: 'own', out: join(folder, 'own') });
    expect(convergence(complete)).toEqual([true, true, true]);
    const stopped = await finetuneModel({ ...options, maxIterations: 1, name: 'cut', out: join(folder, 'cut') });
    expect(convergence(stopped)).toEqual([false, false, false]);
  });

  it('can relabel the embeddings of its ancestors and siblings, but not of a rewritten network', async () => {
    const folder = temporaryFolder();
    await writeTinyModel(join(folder, 'tiny'));
    const [tiny, own] = [await loadModel(join(folder, 'tiny')), await finetuned(folder, 'tiny', 'own')];
    const again = await finetuned(folder, 'own', 'again', 2);
    const sibling = await finetuned(folder, 'tiny', 'sibling', 3);
    expect(await findRelabelSources(again, undefined)).toEqual([own.id, tiny.id]);
    expect(await findRelabelSources(again, 'tiny@')).toEqual([tiny.id]);
    expect(await findRelabelSources(sibling, join(folder, 'own'))).toEqual([own.id]);
    await expect(findRelabelSources(again, 'other@')).rejects.toThrow(/other@ may differ from.*own@.*tiny@/);

    await writeTinyModel(join(folder, 'larger'), { channels: 5 });
    await expect(findRelabelSources(own, join(folder, 'larger'))).rejects.toThrow('differ from those of');
    await optimizeModel({ source: join(folder, 'own'), out: join(folder, 'fast'), mergeSiblings: false });
    await expect(findRelabelSources(await loadModel(join(folder, 'fast')), undefined)).rejects.toThrow('--from <dir>');
  });

  it('has a valid name for any name of the labels', () => {
    expect(finetunedName('tiny', 'My Flowers (2026)')).toBe('tiny-my-flowers-2026');
    expect(finetunedName('tiny', '花')).toBe('tiny-finetuned');
  });
});

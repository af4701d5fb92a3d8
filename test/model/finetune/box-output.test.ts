import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { finetuneModel } from '../../../model/finetune/finetune-model.ts';
import { writeFinetunedModel } from '../../../model/finetune/write-finetuned-model.ts';
import { inspectModel } from '../../../model/inspect/inspect-model.ts';
import { optimizeModel } from '../../../model/optimize/optimize-model.ts';
import { quantizeModel } from '../../../model/quantize/quantize-model.ts';
import { syntheticCrops } from '../../../model/verify/synthetic-crops.ts';
import { verifyModel } from '../../../model/verify/verify-model.ts';
import { stackCrops } from '../../../shared/inference/batch.ts';
import { openSession } from '../../../shared/inference/open-session.ts';
import { loadModel, type Model } from '../../../shared/models/model-directory.ts';
import { clusters } from '../../support/clusters.ts';
import { writePhotos } from '../../support/photos.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';

/** A layer with made-up weights. */
function layer(outputs: number, size: number) {
  const weights = Float32Array.from({ length: outputs * size }, (_, at) => Math.sin(at + outputs) / size);
  return { weights, bias: Float32Array.from({ length: outputs }, (_, at) => at / 10) };
}

const description = { labels: ['a', 'b', 'nothing'], backgroundLabel: 'nothing', name: 'detector' };

async function detectorIn(folder: string): Promise<{ readonly out: string; readonly tiny: Model }> {
  await writeTinyModel(join(folder, 'tiny'));
  const tiny = await loadModel(join(folder, 'tiny'));
  const size = tiny.manifest.outputs.embeddingSize;
  const out = join(folder, 'detector');
  const layers = { head: layer(3, size), boxes: layer(4, size) };
  await writeFinetunedModel(tiny, layers, { ...description, out });
  return { out, tiny };
}

async function scoresOf(path: string) {
  const model = await loadModel(path);
  const { crop } = model.manifest.preprocess;
  const session = await openSession(model, { threads: 1 });
  try {
    return await session.run(stackCrops(syntheticCrops(3, crop), crop.height, crop.width));
  } finally {
    await session.close();
  }
}

describe('a model with an output for boxes', () => {
  it('gives a session the fitted layer of each embedding', async () => {
    const { out, tiny } = await detectorIn(temporaryFolder());
    const { embeddings, boxes } = await scoresOf(out);
    const size = tiny.manifest.outputs.embeddingSize;
    const { weights, bias } = layer(4, size);
    const expected = Array.from({ length: 3 * 4 }, (_, at) => {
      const embedding = embeddings.subarray(Math.floor(at / 4) * size);
      const row = weights.subarray((at % 4) * size, ((at % 4) + 1) * size);
      return row.reduce((sum, weight, index) => sum + weight * (embedding[index] ?? 0), bias[at % 4] ?? 0);
    });
    expect(boxes).toHaveLength(12);
    for (const [at, value] of expected.entries()) expect(boxes?.[at]).toBeCloseTo(value, 4);
  });

  it('has another id than the same model without it', async () => {
    const { out, tiny } = await detectorIn(temporaryFolder());
    const { manifest } = await loadModel(out);
    const head = layer(3, tiny.manifest.outputs.embeddingSize);
    const plain = `${out}-plain`;
    await writeFinetunedModel(tiny, { head }, { ...description, out: plain });
    const described = await loadModel(plain);
    expect(manifest.outputs.boxes).toBe('boxes');
    expect(described.manifest.outputs).not.toHaveProperty('boxes');
    expect(described.id).not.toBe((await loadModel(out)).id);
    expect(await scoresOf(plain)).not.toHaveProperty('boxes');
  });

  it('is verified and inspected, also after it is optimized or quantized', async () => {
    const folder = temporaryFolder();
    const { out } = await detectorIn(folder);
    await writePhotos(join(folder, 'photos'), 12);
    const [optimized, rounded] = [join(folder, 'optimized'), join(folder, 'rounded')];
    await optimizeModel({ source: out, out: optimized, mergeSiblings: false });
    await quantizeModel({ source: out, calibrate: join(folder, 'photos'), images: 6, force: true, out: rounded });
    const { boxes = new Float32Array() } = await scoresOf(out);
    for (const path of [out, optimized, rounded]) {
      const { ok, checks } = await verifyModel(path);
      expect(ok).toBe(true);
      expect(checks).toContainEqual({ name: 'boxes output', ok: true, detail: 'boxes, float32 [N, 4]' });
      expect((await loadModel(path)).manifest.backgroundLabel).toBe('nothing');
      expect((await inspectModel(path)).outputs).toContainEqual({ name: 'boxes', type: 'float', shape: ['N', 4] });
      const tolerance = path === rounded ? 1 : 4;
      const received = (await scoresOf(path)).boxes;
      for (const [at, value] of boxes.entries()) expect(received?.[at]).toBeCloseTo(value, tolerance);
    }
  });

  it('is no detector any more when it is finetuned for whole images', async () => {
    const folder = temporaryFolder();
    const { out } = await detectorIn(folder);
    const model = await loadModel(out);
    const examples = clusters([9, 9], { size: model.manifest.outputs.embeddingSize });
    const again = join(folder, 'again');
    await finetuneModel({
      models: [model],
      examples,
      labels: ['c', 'd'],
      folds: 3,
      seed: 1,
      name: 'again',
      out: again,
    });
    expect((await loadModel(again)).manifest.outputs).not.toHaveProperty('boxes');
    expect((await loadModel(again)).manifest).not.toHaveProperty('backgroundLabel');
    expect((await verifyModel(again)).ok).toBe(true);
  });
});

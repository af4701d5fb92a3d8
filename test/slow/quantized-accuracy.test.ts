import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { importModel } from '../../model/import/import-model.ts';
import { optimizeModel } from '../../model/optimize/optimize-model.ts';
import { quantizeModel } from '../../model/quantize/quantize-model.ts';
import { compareModels } from '../../model/verify/compare-models.ts';
import { describeWithFixtures } from '../support/fixtures.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();

describeWithFixtures('GoogLeNet with its published weights, on 200 photos', (fixtures) => {
  const at = (name: string) => join(folder, name);
  const labeled = join(fixtures, 'photos');

  beforeAll(async () => {
    const source = join(fixtures, 'models/googlenet-zoo.onnx');
    await importModel({ source, preset: 'bvlc', labels: join(fixtures, 'models/synset_words.txt'), out: at('float') });
  });

  it('keeps probabilities within 1e-4 when it is optimized', async () => {
    const { passes } = await optimizeModel({ source: at('float'), out: at('fast'), mergeSiblings: true });
    expect(passes).toEqual(['LRN as convolution', 'merge sibling convolutions']);
    const { against } = await compareModels(at('fast'), { photos: labeled, against: at('float') });
    expect(against?.agreement).toMatchObject({ images: 200, sameLabel: 1 });
    expect(against?.agreement.maxDifference).toBeLessThan(1e-4);
  });

  it('keeps labels, accuracy and embeddings in int8, even after optimization', async () => {
    const { inFloat } = await quantizeModel({ source: at('fast'), calibrate: labeled, images: 100, out: at('int8') });
    expect(inFloat).toEqual([]);
    const { accuracy, against } = await compareModels(at('int8'), { photos: labeled, against: at('float') });
    expect(Math.abs((accuracy?.top1 ?? 0) - (against?.accuracy?.top1 ?? 1))).toBeLessThan(0.0051);
    expect(Math.abs((accuracy?.top5 ?? 0) - (against?.accuracy?.top5 ?? 1))).toBeLessThan(0.0051);
    expect(against?.agreement.sameLabel).toBeGreaterThanOrEqual(0.97);
    expect(against?.agreement.embeddingCosine).toBeGreaterThanOrEqual(0.99);
  });
});

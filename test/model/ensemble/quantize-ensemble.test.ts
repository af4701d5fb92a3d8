import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ensembleModel } from '../../../model/ensemble/ensemble-model.ts';
import { buildModel } from '../../../model/networks/build-model.ts';
import { quantizeModel } from '../../../model/quantize/quantize-model.ts';
import { repository } from '../../support/cli.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const demo = join(repository, 'demo', 'fashion-mnist');

it('an ensemble with a resized image can be quantized like any other model', async () => {
  const folder = temporaryFolder();
  const [lenet, float, out] = [join(folder, 'lenet'), join(folder, 'float'), join(folder, 'int8')];
  // 32 × 32 pixels next to 28 × 28.
  await buildModel({ network: 'lenet5', labels: join(demo, 'labels.txt'), out: lenet });
  const { refitted } = await ensembleModel({ sources: [join(demo, 'model'), lenet], out: float });
  expect(refitted).toEqual([expect.stringMatching(/^fashion-mnist@/)]);
  const calibrate = join(demo, 'samples');
  // Whether int8 is faster depends on the machine.
  const options = { source: float, calibrate, images: 40, out, force: true };
  const { agreement, manifest, inFloat } = await quantizeModel(options);
  expect(agreement.sameLabel).toBeGreaterThanOrEqual(0.95);
  expect(agreement.embeddingCosine).toBeGreaterThan(0.99);
  expect(manifest.name).toBe('ensemble-int8');
  // The convolutions of both members are int8.
  expect(inFloat.filter(({ node }) => node.startsWith('Conv '))).toEqual([]);
});

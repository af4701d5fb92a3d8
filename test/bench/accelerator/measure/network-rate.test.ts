import { expect, it } from 'vitest';
import { batchOf, measureRate, percentile, warmUp } from '../../../../bench/accelerator/measure/network-rate.ts';
import { predictCrops } from '../../../../model/verify/predict-crops.ts';
import { openSession } from '../../../../shared/inference/open-session.ts';
import { loadModel } from '../../../../shared/models/model-directory.ts';
import { makeTinyModel } from '../../../support/make-tiny-model.ts';

it('percentiles are the nearest ranks', () => {
  const values = Array.from({ length: 20 }, (_, index) => 20 - index);
  expect(percentile(values, 0.5)).toBe(10);
  expect(percentile(values, 0.95)).toBe(19);
  expect(percentile([7], 0.95)).toBe(7);
});

it('a batch is run at least once in every lane, and its difference is that of its worst image', async () => {
  const model = await loadModel(await makeTinyModel());
  const crops = [30, 200].map((fill) => new Uint8Array(32 * 32 * 3).fill(fill));
  const [first, second] = await predictCrops(crops, model.network, model.manifest);
  if (first === undefined || second === undefined) throw new Error('no predictions');
  const session = await openSession(model, { threads: 2 });
  try {
    const next = batchOf(4, crops, model);
    expect(next().size).toBe(4);
    expect(await warmUp(session, next, [first, second])).toBeLessThan(1e-6);
    // Each crop is compared with the reference of the same crop.
    expect(await warmUp(session, next, [first, first])).toBeGreaterThan(1e-3);
    const { batches, imagesPerSecond, p50Ms, p95Ms } = await measureRate(session, next, 0.001);
    expect(batches).toBe(2);
    expect(imagesPerSecond).toBeGreaterThan(0);
    expect(p95Ms).toBeGreaterThanOrEqual(p50Ms);
  } finally {
    await session.close();
  }
});

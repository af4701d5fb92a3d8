import { describe, expect, it } from 'vitest';
import { estimate } from '../../../jobs/cost/estimate.ts';
import { type ProcessedImages, usageOf } from '../../../jobs/cost/usage.ts';
import { lambdaWorker, workloadOf } from '../../../jobs/cost/workload.ts';

function done(images: number, provider: string | null, changes: Partial<ProcessedImages> = {}): ProcessedImages {
  const sizes = { bytes: images * 200_000, pixels: images * 500_000, proposals: 0 };
  return { inFolder: false, provider, images, ...sizes, ...changes };
}

describe('usageOf', () => {
  it('bills nothing for images in a folder', () => {
    expect(usageOf([done(100, 'cpu', { inFolder: true }), done(3, null, { inFolder: true })])).toEqual({
      unbilled: 103,
      estimates: [],
    });
  });

  it('estimates by provider, with the sizes from the rows', () => {
    const { unbilled, estimates } = usageOf([done(100, 'cpu')]);
    expect(unbilled).toBe(0);
    expect(estimates).toEqual([
      estimate(workloadOf({ images: 100, bytes: 200_000, megapixels: 0.5, worker: lambdaWorker() })),
    ]);
  });

  it('bills the regions that the network ran on, rounded up per image', () => {
    const { estimates } = usageOf([done(100_000, 'cuda', { proposals: 9_700_001 }), done(2_000, null)]);
    const [total] = estimates;
    expect(total?.job.regions).toBe(96);
    expect(total?.dollars).toBeGreaterThan(10 * (usageOf([done(102_000, 'cuda')]).estimates[0]?.dollars ?? 0));
    expect(usageOf([done(1000, 'cpu', { proposals: 1 })]).estimates[0]?.job.regions).toBe(1);
  });

  it.each(['cuda', 'tensorrt', 'webgpu'])('assumes a GPU instance for %s', (provider) => {
    expect(usageOf([done(100, provider)]).estimates.map(({ job }) => job.worker)).toMatchObject([{ kind: 'gpu' }]);
  });

  it('counts rejected images for the kind of worker that did most', () => {
    const kinds = (...groups: ProcessedImages[]) =>
      usageOf(groups).estimates.map(({ job }) => [job.worker.kind, job.images]);
    expect(kinds(done(100, 'cuda'), done(50, 'cpu'), done(7, null))).toEqual([
      ['gpu', 107],
      ['lambda', 50],
    ]);
    expect(kinds(done(50, 'cuda'), done(100, 'cpu'), done(7, null))).toEqual([
      ['gpu', 50],
      ['lambda', 107],
    ]);
    expect(kinds(done(7, null))).toEqual([['lambda', 7]]);
  });

  it('counts every image once, in a folder or not', () => {
    const groups = [done(5, 'cpu'), done(6, 'cuda'), done(7, null), done(8, 'cpu', { inFolder: true })];
    const { unbilled, estimates } = usageOf(groups);
    expect(unbilled + estimates.reduce((sum, { job }) => sum + job.images, 0)).toBe(26);
  });
});

import { describe, expect, it } from 'vitest';
import { assumptions } from '../../../jobs/cost/assumptions.ts';
import { sentCrops } from '../../../jobs/cost/crops-lines.ts';
import { assumptionsOf, estimate } from '../../../jobs/cost/estimate.ts';
import { imageMs } from '../../../jobs/cost/ingest-lines.ts';
import { gpuWorker, lambdaWorker, type Workload, workloadOf } from '../../../jobs/cost/workload.ts';
import { planSend } from '../../../shared/crops/plan-send.ts';
import { cropOf } from '../../support/crops.ts';

const cropBytes = 224 * 224 * 3;
const linesOf = (job: Partial<Workload> & Pick<Workload, 'images'>) =>
  new Map(estimate(workloadOf(job)).lines.map((line) => [`${line.part}: ${line.what}`, line]));

/** The packs that ingest writes for images with one crop and regions. */
function packsOfIngest(images: number, regions: number): number {
  const box = { x: 0, y: 0, width: 10, height: 10, objectness: 0.5 };
  const messages = Array.from({ length: images }, (_, index) => ({
    ...cropOf({ key: `${index}.jpg`, size: 224 }),
    regions: {
      boxes: Array.from({ length: regions }, () => box),
      pixels: Array.from({ length: regions }, () => new Uint8Array(cropBytes)),
    },
  }));
  return planSend(messages, 'auto').packs.length;
}

describe('an estimate with regions', () => {
  it.each([1, 10, 100])('counts the packs that ingest writes for ten images with %i regions', (regions) => {
    const job = workloadOf({ images: 10, regions });
    expect(job.ingestBatch).toBe(10);
    expect(sentCrops(job)).toMatchObject({
      ...{ transport: 'packed', puts: packsOfIngest(10, regions), bytes: (1 + regions) * cropBytes },
    });
  });

  it('counts them for large batches without planning a million crops', () => {
    const [hundred, thousand] = [100, 1000].map((ingestBatch) =>
      sentCrops(workloadOf({ images: 1e6, regions: 1000, ingestBatch })),
    );
    expect(thousand).toMatchObject({ group: 1000, puts: 10 * (hundred?.puts ?? 0), gets: 10 * (hundred?.gets ?? 0) });
    expect(thousand?.packedBytes).toBe(1000 * 1001 * cropBytes);
  });

  it('runs the network on each region, as on a crop', () => {
    const worker = gpuWorker('g6.xlarge', { rate: 100 });
    const line = linesOf({ images: 3600, crops: 10, regions: 90, worker }).get('classify: g6.xlarge, Spot, working');
    expect(line?.quantity).toBeCloseTo(1, 9);
    expect(line?.formula).toContain('3,600 × (10 + 90) crops ÷ 100/s');
  });

  it('adds the time to propose and cut them, in proportion to the cores', () => {
    const { proposalMs, regionMs, regionMegapixelMs, megabytesPerCore } = assumptions;
    const cost = (regions: number, cores = 1) =>
      imageMs(workloadOf({ images: 1, regions, megapixels: 10, ingestMemory: cores * megabytesPerCore.value }));
    expect(cost(100) - cost(0)).toBeCloseTo(proposalMs.value + 100 * regionMs.value + 10 * regionMegapixelMs.value, 9);
    expect(cost(100)).toBeCloseTo(2 * cost(100, 2), 9);
  });

  it('stores the embeddings of kept regions in parts of their own', () => {
    const lines = linesOf({ images: 1_024_000, regions: 100 });
    expect(lines.get('results: S3 PUT, parts of regions')?.quantity).toBe(1000);
    expect(lines.get('results: S3, regions stored for a month')?.formula).toContain('bytes = ');
    const few = linesOf({ images: 1_024_000, regions: 1 }).get('results: S3, regions stored for a month');
    expect(few?.quantity).toBeLessThan(lines.get('results: S3, regions stored for a month')?.quantity ?? 0);
  });

  it('has smaller batches of a function, as a deployment has', () => {
    const invocations = (regions: number) =>
      linesOf({ images: 3200, regions, worker: lambdaWorker() }).get('classify: Lambda, invocations')?.quantity;
    expect([0, 100, 1000].map(invocations)).toEqual([100, 100, 800]);
  });

  it('names its assumptions, which an estimate without regions has not', () => {
    const names = (regions: number) => assumptionsOf(workloadOf({ images: 1, regions })).map(({ what }) => what);
    const ofRegions = names(100).filter((name) => /region/.test(name));
    expect(ofRegions).toHaveLength(5);
    expect(names(0)).toEqual(names(100).filter((name) => !ofRegions.includes(name)));
  });

  it('is refused for regions that fit in no message', () => {
    expect(() => sentCrops(workloadOf({ images: 1, regions: 100, transport: 'inline' }))).toThrow(
      '101 crops of 224×224 take',
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assumptions } from '../../../jobs/cost/assumptions.ts';
import { estimate } from '../../../jobs/cost/estimate.ts';
import { gpuWorker, lambdaWorker, type Workload, workloadOf } from '../../../jobs/cost/workload.ts';
import { cpuInstances, gpuInstances } from '../../../shared/deployment/priced-instances.ts';

const workers = fc.oneof(
  fc.record({
    kind: fc.constant('gpu' as const),
    instance: fc.constantFrom(...gpuInstances),
    spotShare: fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
    rate: fc.integer({ min: 1, max: 5000 }),
    rateFrom: fc.constant('a test'),
  }),
  fc.record({
    kind: fc.constant('cpu' as const),
    instance: fc.constantFrom(...cpuInstances),
    spotShare: fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
    rate: fc.integer({ min: 1, max: 5000 }),
    rateFrom: fc.constant('a test'),
  }),
  fc.record({
    kind: fc.constant('lambda' as const),
    rate: fc.integer({ min: 1, max: 500 }),
    rateFrom: fc.constant('a test'),
  }),
);

/** Jobs whose images fill batches and parts, so that nothing is rounded up, and whose workers never wait for ingest. */
const jobs: fc.Arbitrary<Workload> = fc
  .record({
    images: fc.integer({ min: 1, max: 1000 }).map((count) => count * 10_240_000),
    bytes: fc.integer({ min: 1000, max: 20_000_000 }),
    crops: fc.constantFrom(1, 10),
    transport: fc.constantFrom('packed' as const, 'auto' as const),
    ingestBatch: fc.constantFrom(1, 2, 4, 10, 100),
    workers: fc.integer({ min: 1, max: 50 }),
    ingestConcurrency: fc.constant(1e9),
    listed: fc.boolean(),
    worker: workers,
  })
  .map(workloadOf);

/** Lines that are billed per worker. */
const isOfWorkers = (what: string) => /start and idle|Lambda, starts/.test(what);
/** Lines that are billed by the hour, including start and idle time. */
const isOfHours = (what: string) => /address|EBS|metrics/.test(what);

describe('an estimate', () => {
  it('is the sum of its lines, each quantity times price', () => {
    fc.assert(
      fc.property(jobs, (job) => {
        const { lines, dollars, dollarsPerMillion } = estimate(job);
        let sum = 0;
        for (const line of lines) {
          expect(line.dollars).toBe(line.quantity * line.unitPrice);
          expect(line.dollars).toBeGreaterThan(0);
          sum += line.dollars;
        }
        expect(dollars).toBeCloseTo(sum, 6);
        expect(dollarsPerMillion * job.images).toBeCloseTo(dollars * 1e6, -3);
      }),
    );
  });

  it('doubles the costs per image for twice the images, but not the costs per worker', () => {
    fc.assert(
      fc.property(jobs, (job) => {
        const [once, twice] = [estimate(job), estimate({ ...job, images: 2 * job.images })];
        expect(twice.lines.map(({ what }) => what)).toEqual(once.lines.map(({ what }) => what));
        for (const [index, { what, dollars }] of once.lines.entries()) {
          const ratio = (twice.lines[index]?.dollars ?? 0) / dollars;
          if (isOfWorkers(what)) expect(ratio).toBeCloseTo(1, 9);
          else if (isOfHours(what)) expect(ratio).toBeGreaterThan(1);
          else expect(ratio).toBeCloseTo(2, 9);
        }
      }),
    );
  });

  it('puts every hour of an instance on one market or the other', () => {
    fc.assert(
      fc.property(jobs, (job) => {
        const { lines, workerHours } = estimate(job);
        const hours = lines.filter(({ what }) => /^[cg]\d.*, (working|start and idle)$/.test(what));
        const sum = hours.reduce((total, { quantity }) => total + quantity, 0);
        expect(sum / workerHours).toBeCloseTo(job.worker.kind === 'lambda' ? 0 : 1, 9);
      }),
    );
  });

  it('explains each quantity', () => {
    const formulas = new Map(estimate(workloadOf({ images: 1e6 })).lines.map(({ what, formula }) => [what, formula]));
    expect(formulas.get('Lambda, invocations')).toBe(
      '1,000,000 images ÷ 100 per batch = 10,000 requests × $0.20 per million',
    );
    expect(formulas.get('g6.xlarge, Spot, working')).toBe('1,000,000 images ÷ 694/s = 0.4003 h × $0.41');
    expect(formulas.get('S3, packed crops kept')).toBe('140.2 GiB × 5.5 days of 30 = 25.7 GiB-months × $0.023');
  });

  it('of a million photos stays under five dollars, even on demand or on CPU functions', () => {
    for (const worker of [gpuWorker('g6.xlarge'), gpuWorker('g5.xlarge', { spotShare: 0 }), lambdaWorker()]) {
      expect(estimate(workloadOf({ images: 1e6, worker })).dollars).toBeLessThan(5);
    }
  });

  it('of a few images counts whole requests', () => {
    const { lines } = estimate(workloadOf({ images: 3 }));
    const quantities = new Map(lines.map(({ part, what, quantity }) => [`${part}: ${what}`, quantity]));
    expect(quantities.get('ingest: Lambda, invocations')).toBe(1);
    expect(quantities.get('ingest: SQS, upload messages')).toBe(5);
    expect(quantities.get('results: S3 PUT, parts')).toBe(1);
  });
});

describe('the time of ingest', () => {
  const seconds = (job: Partial<Workload>) => {
    const line = estimate(workloadOf({ images: 1000, ingestBatch: 1000, transport: 'packed', ...job })).lines.find(
      ({ part, unit }) => part === 'ingest' && unit === 'GB-s',
    );
    return (line?.quantity ?? Number.NaN) / ((job.ingestMemory ?? assumptions.megabytesPerCore.value) / 1024);
  };
  // 90 ms of round trips, and two seconds to write 150 MB of crops.
  const waits = 0.09 + (1000 * 150_528) / 75e6;

  it('is the decoding time for large images', () => {
    expect(seconds({ bytes: 100, megapixels: 10 })).toBeCloseTo(waits + 5.5 + 39, 6);
  });

  it('halves with twice the memory, and so twice the cores', () => {
    expect(seconds({ bytes: 100, megapixels: 10, ingestMemory: 2 * 1769 })).toBeCloseTo(waits + (5.5 + 39) / 2, 6);
  });

  it('is the response time of S3 for small images, four at a time', () => {
    expect(seconds({ bytes: 100, megapixels: 0.01 })).toBeCloseTo(waits + 30 / 4, 6);
  });

  it('is the reading time for large files', () => {
    expect(seconds({ bytes: 7_500_000, megapixels: 1 })).toBeCloseTo(waits + 100, 6);
  });
});

describe('the hours of a job', () => {
  it('assume the default number of workers of a deployment', () => {
    const counts = [1, 100_000, 100_001, 1e9];
    expect(counts.map((images) => workloadOf({ images }).workers)).toEqual([1, 1, 2, 4]);
    expect([1, 33, 1e9].map((images) => workloadOf({ images, worker: lambdaWorker() }).workers)).toEqual([1, 2, 20]);
  });

  it('are those of ingest if it takes longest, and an instance runs until it is done', () => {
    // 100 ms per image to read it, and 290.7 ms per hundred images.
    const slow = { images: 1_000_000, bytes: 7_500_000, megapixels: 1, worker: gpuWorker('g6.xlarge', { rate: 1000 }) };
    const ingest = (1_000_000 * 0.1 + 10_000 * 0.2907) / 3600 / 50;
    for (const workers of [1, 4]) {
      const { hours, limitedByIngest, lines } = estimate(workloadOf({ ...slow, workers }));
      expect({ hours, limitedByIngest }).toEqual({ hours: expect.closeTo(ingest, 4), limitedByIngest: true });
      const working = lines.find(({ what }) => what.endsWith('working'));
      expect(working?.quantity).toBeCloseTo(ingest - 5 / 60, 4);
      expect(working?.formula).toContain('h of ingest ÷ 50 − 0.08333 h)');
    }
    const fast = estimate(workloadOf({ ...slow, workers: 1, ingestConcurrency: 500 }));
    expect(fast).toMatchObject({ hours: expect.closeTo(1000 / 3600 + 5 / 60, 9), limitedByIngest: false });
  });

  it('of ingest count no more functions than it has batches', () => {
    const { hours } = estimate(workloadOf({ images: 1000, megapixels: 1000, worker: lambdaWorker() }));
    expect(hours).toBeCloseTo((0.2907 + 100 * 3.9055) / 3600, 4);
  });

  it('grow with the number of crops per image', () => {
    const worker = gpuWorker('g5.xlarge', { rate: 100 });
    const [one, ten] = [1, 10].map((crops) => estimate(workloadOf({ images: 360_000, crops, worker, workers: 1 })));
    expect(one?.hours).toBeCloseTo(1 + 5 / 60, 9);
    expect(ten?.hours).toBeCloseTo(10 + 5 / 60, 9);
  });
});

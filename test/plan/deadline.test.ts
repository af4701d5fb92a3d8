import { expect, it } from 'vitest';
import { estimate } from '../../jobs/cost/estimate.ts';
import { startHours } from '../../jobs/cost/worker-lines.ts';
import { gpuWorker, lambdaWorker, type Worker, type Workload, workloadOf } from '../../jobs/cost/workload.ts';
import { fitDeadline } from '../../plan/deadline.ts';

/** 3,600 images per hour and second of speed. */
const images = 3_600_000;
const gpu = (rate: number) => gpuWorker('g6.xlarge', { rate });
const functions = (rate: number) => lambdaWorker({ rate, rateFrom: 'a test' });
const start = 5 / 60;

const cases: [string, Worker, number, Partial<Workload>, ReturnType<typeof fitDeadline>][] = [
  ['one worker that is just in time', gpu(1000), 1 + start, {}, { workers: 1, ingestConcurrency: 50 }],
  ['two workers for one that is late', gpu(999), 1 + start, {}, { workers: 2, ingestConcurrency: 50 }],
  ['the fewest of many workers', gpu(10), 1 + start, {}, { workers: 100, ingestConcurrency: 50 }],
  ['two functions, the fewest that a queue takes', functions(10_000), 1, {}, { workers: 2, ingestConcurrency: 50 }],
  ['the crops of all regions', gpu(1000), 1 + start, { regions: 9 }, { workers: 10, ingestConcurrency: 294 }],
  [
    'instances that start too late',
    gpu(1e6),
    start,
    {},
    { workers: 4, ingestConcurrency: 50, problem: 'does not start in time' },
  ],
  [
    'more instances than a deployment has',
    gpu(1),
    1 + start,
    {},
    { workers: 500, ingestConcurrency: 50, problem: 'needs 1,000 workers of at most 500' },
  ],
  [
    'more ingest functions than an account has',
    gpu(1e6),
    1 + start,
    { bytes: 100, megapixels: 1000 },
    {
      workers: 1,
      ingestConcurrency: 999,
      problem: 'needs 3,909 ingest functions, and an account has 1,000',
    },
  ],
];

it.each(cases)('%s', (_, worker, hours, changes, expected) => {
  expect(fitDeadline(workloadOf({ images, worker, ...changes }), hours)).toEqual(expected);
});

it('functions for ingest and for classification share the concurrency of the account', () => {
  const job = workloadOf({ images, worker: functions(1), bytes: 100, megapixels: 100 });
  const { ingestHours } = estimate(job);
  const fit = fitDeadline(job, ingestHours / 700);
  expect(fit.ingestConcurrency).toBeGreaterThanOrEqual(700);
  expect(fit.workers + fit.ingestConcurrency).toBe(1000);
  expect(fit.problem).toContain(`workers of at most ${fit.workers}`);
});

it.each([
  [998, undefined],
  [999, 'needs 999 ingest functions, and an account has 1,000'],
])('functions that classify leave room for 998 ingest functions: %i', (ingests, problem) => {
  const worker = functions(1e6);
  const job = workloadOf({ images, worker, bytes: 100, megapixels: 100 });
  const fit = fitDeadline(job, startHours(worker) + estimate(job).ingestHours / (ingests - 0.5));
  expect(fit).toMatchObject({ workers: 2, ingestConcurrency: 998 });
  expect(fit.problem).toBe(problem);
});

it('without a deadline keeps the workers of the job', () => {
  const worker = gpu(1);
  expect(fitDeadline(workloadOf({ images, worker, workers: 7 }), undefined)).toEqual({
    workers: 7,
    ingestConcurrency: 50,
  });
});

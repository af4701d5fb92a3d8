import { describe, expect, it } from 'vitest';
import { computeHours, startHours } from '../../jobs/cost/worker-lines.ts';
import { workloadOf } from '../../jobs/cost/workload.ts';
import { optionNames, planOptions } from '../../plan/options.ts';
import type { ModelSpeed, Speeds } from '../../plan/speeds.ts';

const core = (model: string, rate: number): ModelSpeed => ({ model, rate, rateFrom: 'a test', source: 'scaled' });
const gpu: ModelSpeed = { model: 'float', rate: 700, rateFrom: 'a test', source: 'given' };
const speeds: Speeds = { cores: [core('float', 30), core('int8', 100)], gpu };
const job = workloadOf({ images: 1e6 });

describe('the options of a job', () => {
  const options = planOptions(job, { speeds, spotShare: 1 });

  it('are every instance type and the function, on CPUs with each model', () => {
    expect(options.map(({ name, model }) => `${name} ${model}`).toSorted()).toEqual(
      [
        ...['g4dn.xlarge float', 'g5.xlarge float', 'g6.xlarge float'],
        ...['c7a.xlarge', 'c7a.4xlarge', 'lambda'].flatMap((name) => [`${name} float`, `${name} int8`]),
      ].toSorted(),
    );
    expect(new Set(options.map(({ name }) => name))).toEqual(new Set(optionNames));
  });

  it.each([
    ['c7a.xlarge', 4],
    ['c7a.4xlarge', 16],
    ['lambda', 2],
  ])('%s is as fast as %i cores', (name, cores) => {
    const rates = options.filter((option) => option.name === name).map(({ estimate }) => estimate.job.worker.rate);
    expect(rates.toSorted((a, b) => a - b)).toEqual([30 * cores, 100 * cores]);
  });

  it('are sorted by their price on the chosen market', () => {
    for (const [spotShare, market] of [
      [1, 'spot'],
      [0, 'onDemand'],
    ] as const) {
      const sorted = planOptions(job, { speeds, spotShare });
      const dollars = sorted.map((option) => option.estimate.dollars);
      expect(dollars).toEqual(dollars.toSorted((a, b) => a - b));
      for (const { dollars: markets, estimate } of sorted) {
        expect(markets[market] ?? markets.onDemand).toBe(estimate.dollars);
      }
    }
  });

  it('cost less on Spot; a function has one price', () => {
    for (const { name, dollars } of options) {
      if (name === 'lambda') expect(dollars.spot).toBeUndefined();
      else expect(dollars.spot).toBeLessThan(dollars.onDemand);
    }
  });

  it('all pay the same for ingest', () => {
    const ingest = options.map(({ estimate }) => estimate.lines.filter(({ part }) => part === 'ingest'));
    for (const lines of ingest) expect(lines).toEqual(ingest[0]);
  });

  it('have no GPU if its speed is not known', () => {
    const names = planOptions(job, { speeds: { ...speeds, gpu: undefined }, spotShare: 1 }).map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('g'))).toEqual([]);
  });
});

it('large images take as long as ingest on every option, and in time with a deadline', () => {
  const photos = workloadOf({ images: 1e6, bytes: 2e7, megapixels: 24 });
  const hours = planOptions(photos, { speeds, spotShare: 1, workers: 20 }).map(({ estimate }) => estimate.hours);
  expect(new Set(hours)).toEqual(new Set([hours[0]]));
  expect(hours[0]).toBeGreaterThan(1);
  for (const { estimate, problem } of planOptions(photos, { speeds, spotShare: 1, deadlineHours: 0.5 })) {
    expect(problem).toBeUndefined();
    expect(estimate.hours).toBeLessThanOrEqual(0.5);
    expect(estimate.job.ingestConcurrency).toBeGreaterThan(100);
  }
});

describe('the options of a job with a deadline', () => {
  it.each([0.3, 1, 2, 24])('finish within %d hours, and with one worker less would not', (deadlineHours) => {
    for (const { estimate, problem } of planOptions(job, { speeds, spotShare: 1, deadlineHours })) {
      expect(problem).toBeUndefined();
      expect(estimate.hours).toBeLessThanOrEqual(deadlineHours);
      const { worker, workers } = estimate.job;
      const fewest = worker.kind === 'lambda' ? 2 : 1;
      if (workers === fewest) continue;
      expect(startHours(worker) + computeHours(estimate.job) / (workers - 1)).toBeGreaterThan(deadlineHours);
    }
  });

  it('are last if they are late, though cheaper', () => {
    const options = planOptions(job, { speeds, spotShare: 1, deadlineHours: 4 / 60 });
    expect(options[0]).toMatchObject({ name: 'lambda', model: 'int8' });
    expect(options[0]).not.toHaveProperty('problem');
    const late = options.filter(({ problem }) => problem !== undefined);
    expect(options.slice(-late.length)).toEqual(late);
    expect(late.map(({ name }) => name)).toContain('g4dn.xlarge');
  });
});

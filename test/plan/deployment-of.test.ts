import { describe, expect, it } from 'vitest';
import { type Workload, workloadOf } from '../../jobs/cost/workload.ts';
import { quotasOf, settingsOf } from '../../plan/deployment-of.ts';
import { type OptionName, type OptionsOfJob, type PlanOption, planOptions } from '../../plan/options.ts';
import type { Speeds } from '../../plan/speeds.ts';

const speed = { model: 'net', rate: 100, rateFrom: 'a test', source: 'given' } as const;
const speeds: Speeds = { cores: [speed], gpu: speed };

function optionOf(name: OptionName, options: Partial<OptionsOfJob> = {}, job: Partial<Workload> = {}): PlanOption {
  const all = planOptions(workloadOf({ images: 1e6, ...job }), { speeds, spotShare: 1, ...options });
  const found = all.find((option) => option.name === name);
  if (found === undefined) throw new Error(`no option ${name}`);
  return found;
}

describe('the settings of an option', () => {
  const settings = { model: 'net', classifier: 'gpu', instanceTypes: ['g6.xlarge'] };
  const cases: [string, PlanOption, Record<string, unknown>][] = [
    ['the defaults of a deployment', optionOf('g6.xlarge'), settings],
    ['functions', optionOf('lambda'), { model: 'net', classifier: 'lambda' }],
    ['CPUs', optionOf('c7a.xlarge'), { ...settings, classifier: 'cpu', instanceTypes: ['c7a.xlarge'] }],
    ['on demand', optionOf('g6.xlarge', { spotShare: 0 }), { ...settings, spotPercent: 0 }],
    [
      'so many workers that one per 100,000 images would be too few',
      optionOf('g6.xlarge', { workers: 20 }),
      { ...settings, maxWorkers: 20, imagesPerWorker: 25_000 },
    ],
    [
      'what ingest does',
      optionOf('g6.xlarge', {}, { crops: 10, regions: 5, transport: 'packed', messageDays: 2 }),
      { ...settings, crops: 10, regions: 5, transport: 'packed', messageDays: 2 },
    ],
    [
      'more ingest functions, for a short deadline',
      optionOf('g6.xlarge', { deadlineHours: 6 / 60 }),
      { ...settings, maxWorkers: 167, imagesPerWorker: 2994, ingestConcurrency: 174 },
    ],
  ];

  it.each(cases)('%s', (_, option, expected) => {
    expect(settingsOf(option, 'net')).toEqual(expected);
  });
});

it.each<[string, PlanOption, unknown[]]>([
  ['none for functions', optionOf('lambda'), []],
  ['G instances on Spot', optionOf('g6.xlarge', { workers: 3 }), [{ vCpus: 12, code: 'L-3819A6DF' }]],
  ['CPUs on demand', optionOf('c7a.4xlarge', { workers: 2, spotShare: 0 }), [{ vCpus: 32, code: 'L-1216C47A' }]],
  [
    'both markets',
    optionOf('c7a.xlarge', { workers: 2, spotShare: 0.5 }),
    [
      { vCpus: 8, code: 'L-34B43A08' },
      { vCpus: 8, code: 'L-1216C47A' },
    ],
  ],
])('the quota of EC2: %s', (_, option, expected) => {
  expect(quotasOf(option)).toMatchObject(expected);
});

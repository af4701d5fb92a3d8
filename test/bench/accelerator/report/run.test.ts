import { describe, expect, it } from 'vitest';
import type { RateFinding } from '../../../../bench/accelerator/measure/messages.ts';
import { isMeasured, isWorthRepeating, type Run, usedDevice } from '../../../../bench/accelerator/report/run.ts';

const rate: RateFinding = {
  ...{ kind: 'rate', batch: 8, imagesPerSecond: 100, p50Ms: 80, p95Ms: 90, batches: 4, difference: 0 },
  ...{ start: 1000, end: 2000 },
};
const late = { kind: 'failed', fault: 'out_of_time', reason: 'its share of the time is over' } as const;
const run: Run = { provider: 'webgpu', precision: 'float', ms: 1000, findings: [rate] };

describe('isWorthRepeating', () => {
  it('repeats a measurement that lacked time if there is more now', () => {
    const skipped = { kind: 'skipped', what: 'batch 64', fault: 'out_of_time', reason: 'may take 60 s' } as const;
    expect(isWorthRepeating({ ...run, findings: [late] }, 1200)).toBe(true);
    expect(isWorthRepeating({ ...run, findings: [rate, skipped] }, 5000)).toBe(true);
    expect(isWorthRepeating({ ...run, findings: [late] }, 1100)).toBe(false);
  });

  it('does not repeat one that ended for another reason', () => {
    const failed = { kind: 'failed', fault: 'unavailable', reason: 'not available' } as const;
    const skipped = { kind: 'skipped', what: 'batch 64', reason: 'out of memory' } as const;
    expect(isWorthRepeating({ ...run, findings: [failed] }, 5000)).toBe(false);
    expect(isWorthRepeating({ ...run, findings: [rate, skipped] }, 5000)).toBe(false);
  });
});

it('a finding with a period gets the use of the card in it, others none', () => {
  const device = { use: (start: number, end: number) => ({ utilization: 0.5, memoryMiB: end - start }) };
  expect(usedDevice(rate, device)).toEqual({ ...rate, device: { utilization: 0.5, memoryMiB: 1000 } });
  expect(usedDevice(late, device)).toEqual(late);
});

it('a rate on the CPU is not that of an accelerator', () => {
  expect(isMeasured(run)).toBe(true);
  expect(isMeasured({ ...run, provider: 'cpu' })).toBe(false);
  expect(isMeasured({ ...run, findings: [late] })).toBe(false);
});

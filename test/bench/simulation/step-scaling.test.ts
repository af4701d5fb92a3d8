import { describe, expect, it } from 'vitest';
import { StepScaling } from '../../../bench/simulation/aws/step-scaling.ts';
import type { ScalingPolicy } from '../../../bench/simulation/template/workers.ts';

const toBacklog: ScalingPolicy = {
  id: 'toBacklog',
  cooldownSeconds: 60,
  steps: [
    { lower: 0, upper: 1, capacity: 1 },
    { lower: 1, upper: 2, capacity: 2 },
    { lower: 2, upper: Number.POSITIVE_INFINITY, capacity: 9 },
  ],
};
const toNone: ScalingPolicy = {
  id: 'toNone',
  cooldownSeconds: 300,
  steps: [{ lower: 0, upper: Number.POSITIVE_INFINITY, capacity: 0 }],
};

describe('step scaling', () => {
  it('sets the capacity of the step of the value, within the limits of the service', () => {
    const scaling = new StepScaling({ min: 0, max: 4 });
    scaling.run([{ policy: toBacklog, distance: 1.5 }], 0);
    expect(scaling.desired).toBe(2);
    scaling.run([{ policy: toBacklog, distance: 7 }], 60);
    expect(scaling.desired).toBe(4);
  });

  it('takes the policy with the most capacity', () => {
    const scaling = new StepScaling({ min: 0, max: 4 });
    scaling.run(
      [
        { policy: toNone, distance: 0 },
        { policy: toBacklog, distance: 0 },
      ],
      0,
    );
    expect(scaling.desired).toBe(1);
  });

  it('waits for the cooldown before it scales in again, but not before it scales out', () => {
    const scaling = new StepScaling({ min: 0, max: 4 });
    scaling.set(4, 0);
    scaling.run([{ policy: toNone, distance: 0 }], 60);
    scaling.set(1, 90);
    scaling.run([{ policy: toNone, distance: 0 }], 120);
    expect(scaling.desired).toBe(1);
    scaling.run([{ policy: toBacklog, distance: 1 }], 130);
    expect(scaling.desired).toBe(2);
    expect(scaling.changes.map(({ at, from, to }) => [at, from, to])).toEqual([
      [0, 0, 4],
      [60, 4, 0],
      [90, 0, 1],
      [130, 1, 2],
    ]);
  });
});

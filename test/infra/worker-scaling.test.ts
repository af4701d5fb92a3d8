import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { scalingSteps } from '../../infra/worker-scaling.ts';
import { resources, synthesize } from './synthesize.ts';

/** The workers of the step that CloudWatch picks; bounds are relative to the threshold, which is 1. */
function workersFor(desired: number, maxWorkers: number): number | undefined {
  const distance = desired - 1;
  const matching = scalingSteps(maxWorkers).filter(
    ({ lowerBound = Number.NEGATIVE_INFINITY, upperBound = Number.POSITIVE_INFINITY }) =>
      distance >= lowerBound && distance < upperBound,
  );
  expect(matching).toHaveLength(1);
  return matching[0]?.workers;
}

describe('scaling steps', () => {
  it('give as many workers as desired, up to the maximum', () => {
    for (const max of [1, 2, 4, 20]) {
      for (let desired = 1; desired <= max + 5; desired += 1)
        expect(workersFor(desired, max)).toBe(Math.min(desired, max));
    }
  });

  it('start one worker for one, and at most half as many again as desired', () => {
    for (const max of [21, 37, 100, 500]) {
      expect(workersFor(1, max)).toBe(1);
      for (let desired = 1; desired <= max; desired += 1) {
        expect(workersFor(desired, max)).toBeLessThanOrEqual(Math.ceil(desired * 1.5));
      }
    }
  });

  it('never exceed the limit of a policy, and never give fewer workers than desired', () => {
    for (const max of [21, 37, 100, 500]) {
      expect(scalingSteps(max).length).toBeLessThanOrEqual(20);
      for (let desired = 1; desired <= max * 2; desired += 1) {
        const workers = workersFor(desired, max) ?? 0;
        expect(workers).toBeGreaterThanOrEqual(Math.min(desired, max));
        expect(workers).toBeLessThanOrEqual(max);
      }
    }
  });
});

describe('scaling', () => {
  const alarms = resources(synthesize({ imagesPerWorker: 5000 }), 'AWS::CloudWatch::Alarm').map(({ Properties }) =>
    z.looseObject({ AlarmDescription: z.string() }).parse(Properties),
  );

  it('counts waiting and held messages, and the age of the oldest', () => {
    const work = alarms.find(({ AlarmDescription }) => AlarmDescription.startsWith('Scales workers'));
    const text = JSON.stringify(work);
    for (const metric of ['NumberOfMessagesVisible', 'NumberOfMessagesNotVisible', 'AgeOfOldestMessage']) {
      expect(text).toContain(`Approximate${metric}`);
    }
    expect(text).toContain('CEIL(backlog / 5000) + FLOOR(FILL(age, 0) / 900)');
  });

  it('ends workers only if some run and no message waits, is held or was processed, and never because data is missing', () => {
    const idle = alarms.find(({ AlarmDescription }) => AlarmDescription.startsWith('Ends idle workers'));
    expect(idle).toMatchObject({
      TreatMissingData: 'notBreaching',
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      EvaluationPeriods: 5,
    });
    const text = JSON.stringify(idle);
    expect(text).toContain('IF(running > 0 AND backlog < 1 AND FILL(processed, 0) < 1, 1, 0)');
    expect(text).toContain('NumberOfMessagesDeleted');
    expect(text).toContain('NotVisible');
    expect(text).toContain('"Stat":"SampleCount"');
  });
});

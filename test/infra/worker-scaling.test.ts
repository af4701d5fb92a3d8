import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { columnsOf } from '../../infra/results-table.ts';
import { steps } from '../../infra/worker-scaling.ts';
import { resultSchema } from '../../shared/rows/schema.ts';
import { resources, synthesise } from './synthesise.ts';

/** Workers for a number that is wanted, as CloudWatch picks the step: bounds count from the threshold, which is 1. */
function workersFor(wanted: number, most: number): number | undefined {
  const distance = wanted - 1;
  const matching = steps(most).filter(
    ({ lowerBound = Number.NEGATIVE_INFINITY, upperBound = Number.POSITIVE_INFINITY }) =>
      distance >= lowerBound && distance < upperBound,
  );
  expect(matching).toHaveLength(1);
  return matching[0]?.workers;
}

describe('steps of scaling', () => {
  it('give as many workers as are wanted, up to the most there may be', () => {
    for (const most of [1, 2, 4, 20]) {
      for (let wanted = 1; wanted <= most + 5; wanted += 1)
        expect(workersFor(wanted, most)).toBe(Math.min(wanted, most));
    }
  });

  it('are no more than a policy may have, and never give fewer than are wanted', () => {
    for (const most of [21, 37, 100, 500]) {
      expect(steps(most).length).toBeLessThanOrEqual(20);
      for (let wanted = 1; wanted <= most * 2; wanted += 1) {
        const workers = workersFor(wanted, most) ?? 0;
        expect(workers).toBeGreaterThanOrEqual(Math.min(wanted, most));
        expect(workers).toBeLessThanOrEqual(most);
      }
    }
  });
});

describe('scaling', () => {
  const alarms = resources(synthesise({ imagesPerWorker: '5000' }), 'AWS::CloudWatch::Alarm').map(({ Properties }) =>
    z.looseObject({ AlarmDescription: z.string() }).parse(Properties),
  );

  it('counts messages that wait and that are held, and how long the oldest has waited', () => {
    const work = alarms.find(({ AlarmDescription }) => AlarmDescription.startsWith('Scales workers'));
    const text = JSON.stringify(work);
    for (const metric of ['NumberOfMessagesVisible', 'NumberOfMessagesNotVisible', 'AgeOfOldestMessage']) {
      expect(text).toContain(`Approximate${metric}`);
    }
    expect(text).toContain('CEIL(backlog / 5000) + FLOOR(FILL(age, 0) / 900)');
  });

  it('ends workers only when some run, nothing waits and nothing is held, and not for want of data', () => {
    const idle = alarms.find(({ AlarmDescription }) => AlarmDescription.startsWith('Ends workers'));
    expect(idle).toMatchObject({
      TreatMissingData: 'notBreaching',
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      EvaluationPeriods: 5,
    });
    const text = JSON.stringify(idle);
    expect(text).toContain('IF(running > 0 AND backlog < 1, 1, 0)');
    expect(text).toContain('NotVisible');
    expect(text).toContain('"Stat":"SampleCount"');
  });
});

describe('the table of results', () => {
  it('has every column of the parts, in a type of Hive', () => {
    const columns = columnsOf(resultSchema);
    expect(columns.map(({ name }) => name)).toEqual(resultSchema.names);
    expect(Object.fromEntries(columns.map(({ name, type }) => [name, type]))).toMatchObject({
      image_id: 'string',
      probability: 'float',
      top: 'array<struct<label_id:string,label:string,probability:float>>',
      embedding: 'array<float>',
      width: 'int',
      bytes: 'bigint',
      event_time: 'timestamp',
    });
  });
});

import { describe, expect, it } from 'vitest';
import { Alarm } from '../../../bench/simulation/aws/alarm.ts';
import { MetricStore } from '../../../bench/simulation/aws/metric-store.ts';
import { type AlarmDefinition, parseAlarms } from '../../../bench/simulation/template/alarms.ts';

const metric = { namespace: 'Test', name: 'Value', dimensions: {} };

function alarmWith(properties: Record<string, unknown>): AlarmDefinition {
  const [alarm] = parseAlarms([
    {
      id: 'Alarm',
      type: 'AWS::CloudWatch::Alarm',
      properties: {
        Namespace: 'Test',
        MetricName: 'Value',
        Statistic: 'Maximum',
        Period: 60,
        Threshold: 5,
        EvaluationPeriods: 3,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        TreatMissingData: 'notBreaching',
        ...properties,
      },
    },
  ]);
  if (alarm === undefined) throw new Error('no alarm');
  return alarm;
}

/** Whether the alarm is on after each minute; undefined stands for a minute without a value. */
function states(definition: AlarmDefinition, values: readonly (number | undefined)[], delaySeconds = 0): boolean[] {
  const metrics = new MetricStore({ delaySeconds, keptMinutes: 100 });
  const alarm = new Alarm(definition);
  return values.map((value, index) => {
    if (value !== undefined) metrics.add(metric, value, index * 60);
    alarm.evaluate(metrics, (index + 1) * 60);
    return alarm.isOn;
  });
}

describe('a simulated alarm', () => {
  it('goes off once all its periods breach, and ends with the first that does not', () => {
    expect(states(alarmWith({}), [9, 9, 9, 1, 9])).toEqual([false, false, true, false, false]);
  });

  it('counts missing periods as the template says', () => {
    const two = [9, 9];
    expect(states(alarmWith({}), two).at(-1)).toBe(false);
    expect(states(alarmWith({ TreatMissingData: 'breaching' }), two).at(-1)).toBe(true);
  });

  it.each(['missing', 'ignore', undefined])(
    'is refused if it treats missing data as %s, which is not modeled',
    (way) => {
      expect(() => alarmWith({ TreatMissingData: way })).toThrow(
        /at TreatMissingData: only notBreaching and breaching/,
      );
    },
  );

  it('uses older values in place of missing ones, for up to three periods', () => {
    expect(states(alarmWith({}), [9, 9, 9, undefined, undefined, undefined, undefined])).toEqual([
      false,
      false,
      true,
      true,
      true,
      true,
      false,
    ]);
  });

  it('needs only some of its periods with DatapointsToAlarm', () => {
    expect(states(alarmWith({ DatapointsToAlarm: 2 }), [9, 1, 9])).toEqual([false, false, true]);
  });

  it('sees a value only when CloudWatch has it', () => {
    expect(states(alarmWith({ EvaluationPeriods: 1 }), [9, 1, 1], 60)).toEqual([false, true, false]);
  });

  it('aggregates longer periods', () => {
    const sum = alarmWith({ Statistic: 'Sum', Period: 180, EvaluationPeriods: 1, Threshold: 10 });
    expect(states(sum, [4, 3, 4, 1, 1])).toEqual([false, false, true, false, false]);
  });
});

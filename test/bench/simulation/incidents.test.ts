import { describe, expect, it } from 'vitest';
import { incidentBudget, incidents, simulateIncidents } from '../../../bench/simulation/pipeline/incidents.ts';
import { deploymentOf } from './deployments.ts';

/** The alarm that names the cause, and the minutes after which it is on at the latest. */
const expected: Record<string, readonly [string, number]> = {
  'wrong key policy': ['IngestRejects', 5],
  'new image of the worker': ['WorkersFail', 15],
  'notifications of the bucket': ['NotificationsAreMissing', 20],
  'no Spot capacity': ['WorkersAreNotPlaced', 35],
  'runaway cost': ['Budget', 24 * 60],
  'missing manifest': ['IngestFails', 5],
  'workers that hang': ['WorkersFail', 30],
  'concurrency used up': ['IngestIsThrottled', 15],
};

describe('incidents', () => {
  it('each name an alarm', () => {
    const unnamed = incidents.filter(({ name }) => !Object.keys(expected).some((cause) => name.startsWith(cause)));
    expect(unnamed).toEqual([]);
  });

  const outcomes = simulateIncidents(deploymentOf({ monthlyBudget: incidentBudget }));

  it.each(Object.entries(expected))('%s raises its alarm in time', (cause, [alarm, minutes]) => {
    const { alarms = [] } = outcomes.find(({ incident }) => incident.startsWith(cause)) ?? {};
    const raised = alarms.find(({ id }) => id.includes(alarm));
    expect(raised?.at, `${alarm} of ${alarms.map(({ id }) => id).join(', ')}`).toBeLessThanOrEqual(minutes * 60);
  });

  it('raise an alarm with the classify function too', () => {
    const found = simulateIncidents(deploymentOf({ monthlyBudget: incidentBudget, classifier: 'lambda' }));
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter(({ alarms }) => alarms.length === 0)).toEqual([]);
  });
});

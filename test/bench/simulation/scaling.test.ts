import { describe, expect, it } from 'vitest';
import { simulate } from '../../../bench/simulation/pipeline/outcome.ts';
import { problemsOf } from '../../../bench/simulation/pipeline/problems.ts';
import { burst, daily, type Scenario, stream } from '../../../bench/simulation/pipeline/scenario.ts';
import { type Change, deploymentOf, rewriting, setting } from './deployments.ts';

const workers = deploymentOf();
const functions = deploymentOf({ classifier: 'lambda' });

describe('the deployed scaling', () => {
  it.each([
    ['workers', workers, burst(1e4)],
    ['workers', workers, burst(1e6)],
    ['workers', workers, burst(1e8)],
    ['workers', workers, stream(1, { hours: 24 })],
    ['workers', workers, daily(1e4, 3)],
    ['functions', functions, burst(1e4)],
    ['functions', functions, burst(1e6)],
    ['functions', deploymentOf({ classifier: 'lambda', maxWorkers: 80 }), burst(1e8)],
    ['functions', functions, stream(1, { hours: 24 })],
    ['functions', functions, daily(1e4, 3)],
  ] as const)('has no problem with %s for $2.name', (_, deployment, scenario) => {
    const outcome = simulate(deployment, scenario);
    expect(problemsOf(deployment, outcome)).toEqual([]);
    expect(outcome.classified).toBe(outcome.images);
  });

  it('gives the same result for the same seed', () => {
    const run = (seed: number) => simulate(workers, burst(1e8), { seed });
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
  });

  it('classifies a hundred million images with the default number of functions', () => {
    expect(simulate(functions, burst(1e8))).toMatchObject({ classified: 1e8, lost: 0 });
  });

  it('warns days before crops are dropped that too few functions cannot classify in time', () => {
    const few = deploymentOf({ classifier: 'lambda', maxWorkers: 4 });
    const { lost, alarms } = simulate(few, burst(1e8));
    expect(lost).toBeGreaterThan(0);
    const first = alarms.find(({ id }) => id.includes('CropsTakeLong'));
    expect(first?.at).toBeLessThan(few.crops.retentionSeconds - 3 * 86_400);
  });

  it('classifies everything although Spot interrupts every instance once an hour', () => {
    const outcome = simulate(workers, burst(1e7), { assumed: { spotInterruptions: 1 } });
    expect(outcome.interruptions).toBeGreaterThan(3);
    expect(outcome).toMatchObject({ classified: 1e7, lost: 0, deadLetters: 0 });
  });

  it.each([workers, functions])('loses nothing in a new account that runs ten functions at once', (deployment) => {
    const outcome = simulate(deployment, burst(1e5), { assumed: { accountConcurrency: 10 } });
    expect(outcome).toMatchObject({ classified: 1e5, lost: 0, deadLetters: 0 });
  });

  it('starts no more instances for one image because many are allowed', () => {
    const outcome = simulate(deploymentOf({ maxWorkers: 100 }), burst(1));
    expect(outcome.maxInstances).toBe(simulate(workers, burst(1)).maxInstances);
  });

  it('has no problem with instances that take twice as long to start', () => {
    const assumed = { instanceBoot: 300, imagePull: 240 };
    expect(problemsOf(workers, simulate(workers, burst(1e6), { assumed }))).toEqual([]);
  });

  it('ends all instances within half an hour of the last row', () => {
    const { instanceHours, maxInstances, lastRow = 0 } = simulate(workers, burst(1e4));
    expect(instanceHours).toBeLessThan(maxInstances * (lastRow / 3600 + 0.5));
  });
});

describe('a wrong value in the template', () => {
  const alarm = 'AWS::CloudWatch::Alarm';
  const queue = 'AWS::SQS::Queue';
  const trickle = stream(1, { hours: 24 });
  const cases: [string, Scenario, Change, RegExp][] = [
    ['one idle minute', trickle, setting(alarm, 'Idle', { EvaluationPeriods: 1 }), /started again/],
    [
      'an idle alarm that does not see what was processed',
      trickle,
      rewriting('Idle', ' AND FILL(processed, 0) < 1', ''),
      /started again/,
    ],
    [
      'a work alarm that never goes off',
      burst(1e8),
      setting(alarm, 'ScalingWork', { Threshold: 1e9 }),
      /alarms went off/,
    ],
    [
      'a visibility timeout shorter than an invocation',
      burst(1e4),
      setting(queue, 'QueuesUploads', { VisibilityTimeout: 1 }),
      /delivered again/,
    ],
    [
      'crops kept for an hour',
      burst(1e8),
      setting(queue, 'QueuesCrops', { MessageRetentionPeriod: 3600 }),
      /images were dropped/,
    ],
    [
      'no instances',
      burst(1e4),
      setting('AWS::AutoScaling::AutoScalingGroup', '', { MaxSize: '0' }),
      /images were dropped/,
    ],
    [
      'ingest that may not run',
      burst(1e4, { hours: 24 }),
      setting('AWS::Lambda::EventSourceMapping', 'Ingest', { Enabled: false }),
      /still wait/,
    ],
    [
      'an ingest function without time',
      burst(1e4, { hours: 24 }),
      setting('AWS::Lambda::Function', 'IngestFunction', { Timeout: 1 }),
      /dead-letter queues/,
    ],
  ];

  it.each(cases)('is found: %s', (_, scenario, change, problem) => {
    const deployment = deploymentOf({}, change);
    expect(problemsOf(deployment, simulate(deployment, scenario)).join('; ')).toMatch(problem);
  });

  it('is found: a hundred times as many images per worker', () => {
    const slow = deploymentOf({ imagesPerWorker: 10_000_000 });
    const lastRow = (deployment: typeof slow) => simulate(deployment, burst(3e6)).lastRow ?? 0;
    expect(lastRow(slow)).toBeGreaterThan(1.5 * lastRow(workers));
  });

  it('is found: a hundred idle minutes', () => {
    const slow = deploymentOf({}, setting(alarm, 'Idle', { EvaluationPeriods: 100 }));
    const dollars = (deployment: typeof slow) => simulate(deployment, burst(1e4)).idleDollars;
    expect(dollars(slow)).toBeGreaterThan(2 * dollars(workers));
  });

  it('is refused: an alarm on a metric that nothing publishes', () => {
    const wrong = deploymentOf({}, rewriting('Idle', 'NumberOfMessagesDeleted', 'NumberOfMessagesRemoved'));
    expect(() => simulate(wrong, burst(1))).toThrow(/watches AWS\/SQS NumberOfMessagesRemoved .*nothing publishes/);
  });
});

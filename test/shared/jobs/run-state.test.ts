import { describe, expect, it } from 'vitest';
import { finishedOf, type RunState, secondsLeft, stageOf } from '../../../shared/jobs/run-state.ts';

const updated = new Date('2026-03-01T12:00:10.000Z');
const running: RunState = {
  ...{ run: 1, command: 'run', job: 'photos', source: '/photos', model: 'tiny@1', total: 200 },
  ...{ done: 20, classified: 75, rejected: 5, images_per_second: 10 },
  ...{ started_at: '2026-03-01T12:00:00.000Z', updated_at: updated.toISOString(), ended_at: null, complete: false },
};
const later = (seconds: number) => new Date(updated.getTime() + 1000 * seconds);

describe('the state of a run', () => {
  it('counts images of earlier runs as finished', () => {
    expect(finishedOf(running)).toBe(100);
  });

  it.each([
    ['is running while it is updated', running, later(20), 'running'],
    ['is stopped after missed heartbeats, as of a killed process', running, later(31), 'stopped'],
    [
      'is stopped at once if it ended with images left',
      { ...running, ended_at: updated.toISOString() },
      later(0),
      'stopped',
    ],
    ['is complete for ever', { ...running, ended_at: updated.toISOString(), complete: true }, later(1e6), 'complete'],
    ['is running if the clock of its machine is ahead', running, later(-100), 'running'],
    ['is stopped if its record is from the future, as after a clock was set back', running, later(-901), 'stopped'],
  ] as const)('%s', (_, state, now, stage) => {
    expect(stageOf(state, now)).toBe(stage);
  });

  it('counts down the time left between two updates', () => {
    expect([-100, 0, 4, 20].map((seconds) => secondsLeft(running, later(seconds)))).toEqual([10, 10, 6, 0]);
  });

  it('has no time left without a total, a rate or a running process', () => {
    const states = [
      { ...running, total: null },
      { ...running, images_per_second: null },
    ];
    expect(states.map((state) => secondsLeft(state, later(0)))).toEqual([null, null]);
    expect(secondsLeft({ ...running, images_per_second: 0 }, later(0))).toBeNull();
    expect(secondsLeft(running, later(60))).toBeNull();
  });
});

import { expect, it } from 'vitest';
import { progressOf } from '../../../../cli/engine/status/progress.ts';
import { withRuns } from '../../../../cli/engine/status/runs.ts';
import { progressLine } from '../../../../cli/terminal/print-status.ts';
import type { RunState } from '../../../../shared/jobs/run-state.ts';

const now = new Date('2026-03-01T12:00:00.000Z');
const before = (seconds: number) => new Date(now.getTime() - 1000 * seconds).toISOString();

function runOf(job: string, { started, updated = 1 }: { started: number; updated?: number }): RunState {
  return {
    ...{ run: 1, command: 'run', job, source: '/photos', model: 'tiny@1' },
    ...{ total: 120, done: 0, classified: 0, rejected: 0, images_per_second: null },
    ...{ started_at: before(started), updated_at: before(updated), ended_at: null, complete: false },
  };
}

/** A job with rows of the last ten seconds. */
const active = {
  ...{ job: 'big', total: null, pending: null, classified: 110, rejected: 0, deleted: 0, reasons: [], models: [] },
  ...{ recent: 110, first: new Date(before(10)), last: now },
};

it.each([
  ['that has just begun', runOf('big', { started: 2 }), '0/120 images (0.0 %), 120 pending, starting'],
  [
    'that has done nothing for long',
    runOf('big', { started: 400 }),
    /120 pending, no progress in the last five minutes$/,
  ],
  ['that was killed', runOf('big', { started: 60, updated: 50 }), '0/120 images (0.0 %), 120 pending, stopped'],
])('a run %s', (_what, run, line) => {
  expect(progressLine(progressOf(withRuns([], [run], now), now.getTime()))).toMatch(line);
});

it('a run in progress has a rate and a time left, and one that was killed has neither', () => {
  const lineOf = (run: RunState) => progressLine(progressOf(withRuns([active], [run], now), now.getTime()));
  expect(lineOf(runOf('big', { started: 10 }))).toBe('110/120 images (91.7 %), 10 pending, 11/s, 1s left');
  expect(lineOf(runOf('big', { started: 60, updated: 50 }))).toBe('110/120 images (91.7 %), 10 pending, stopped');
});

it('of two runs, of which one was killed, the time left is unknown', () => {
  const runs = [runOf('big', { started: 10 }), runOf('other', { started: 60, updated: 50 })];
  const all = progressOf(withRuns([active], runs, now), now.getTime());
  expect(progressLine(all)).toBe('110/240 images (45.8 %), 130 pending, 11/s');
});

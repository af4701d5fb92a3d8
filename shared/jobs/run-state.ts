import { z } from 'zod';

const count = z.int().nonnegative();

/** The progress of a run or watch on your own machine, written to `run.json` of its job while it runs and at its end. */
export const runStateSchema = z.object({
  /** Version of these fields. */
  run: z.literal(1),
  /** Absent in records written before this field. */
  command: z.enum(['run', 'watch']).default('run'),
  job: z.string(),
  /** The images: the path of a folder, or `s3://bucket/prefix`. */
  source: z.string(),
  /** `name@digest`. */
  model: z.string(),
  /** Images of the source; null until they are counted, and while a folder is watched. */
  total: count.nullable(),
  /** Images that an earlier run finished. */
  done: count,
  classified: count,
  rejected: count,
  /** Of the last minute; null before the first outcome. */
  images_per_second: z.number().nonnegative().nullable(),
  started_at: z.iso.datetime(),
  /** Written every few seconds, so that an old time means that the run was killed. */
  updated_at: z.iso.datetime(),
  /** Null while it runs. */
  ended_at: z.iso.datetime().nullable(),
  /** Whether every image had an outcome at the end. */
  complete: z.boolean(),
});

export type RunState = Readonly<z.output<typeof runStateSchema>>;

export const heartbeatMs = 5000;
/** Six missed heartbeats: a machine under load may delay some. */
export const staleMs = 6 * heartbeatMs;

/** A clock that is ahead by more is set wrong or was set back since. S3 refuses requests of such a machine. */
const maxAheadMs = 15 * 60_000;

/** `stopped`: interrupted, failed or killed, with images left. */
export type RunStage = 'running' | 'stopped' | 'complete';

export function stageOf({ updated_at, ended_at, complete }: RunState, now: Date): RunStage {
  if (complete) return 'complete';
  const age = now.getTime() - Date.parse(updated_at);
  return ended_at === null && age < staleMs && age >= -maxAheadMs ? 'running' : 'stopped';
}

/** Images with an outcome. */
export function finishedOf({ done, classified, rejected }: RunState): number {
  return done + classified + rejected;
}

/** Seconds until the last image at the current rate; null if unknown or not running. */
export function secondsLeft(state: RunState, now: Date): number | null {
  const { total, images_per_second: rate } = state;
  if (stageOf(state, now) !== 'running' || total === null || !rate) return null;
  const sinceUpdate = Math.max(0, now.getTime() - Date.parse(state.updated_at)) / 1000;
  const left = (total - finishedOf(state)) / rate - sinceUpdate;
  return Math.max(0, Math.round(left));
}

import { describeSession } from '../../shared/inference/accelerator/describe-session.ts';
import type { RunHooks } from '../engine/run/local-run.ts';
import { interruptible } from './interruption.ts';
import { modelProgress } from './model-progress.ts';
import type { Progress } from './progress-display.ts';
import { runProgress } from './run-progress.ts';

interface DisplayHooks<C> {
  readonly stop: AbortSignal;
  readonly onStart: (counts: () => C) => void;
}

/** Runs work that Ctrl-C can stop, and shows its progress on stderr unless it is `quiet`. */
export async function withDisplay<C, T>(
  quiet: boolean,
  show: (counts: () => C) => Progress,
  work: (hooks: DisplayHooks<C>) => Promise<T>,
): Promise<T> {
  let progress: Progress | undefined;
  const onStart = (counts: () => C) => {
    if (!quiet) progress = show(counts);
  };
  return interruptible((stop) => work({ stop, onStart })).finally(() => progress?.stop());
}

/** The same for a run; reports the device that it runs on, and the first use of a model. */
export function withRunDisplay<T>(quiet: boolean, work: (hooks: RunHooks) => Promise<T>): Promise<T> {
  const onSession: RunHooks['onSession'] = (session) => console.error(describeSession(session));
  return withDisplay(quiet, runProgress, (hooks) => {
    const progress = modelProgress(hooks.stop);
    const models = quiet ? { stop: hooks.stop } : progress;
    return work({ ...hooks, onSession, models }).finally(() => progress.end());
  });
}

import { describeSession } from '../../shared/inference/accelerator/describe-session.ts';
import type { RunHooks } from '../engine/run/local-run.ts';
import { interruptible } from './interruption.ts';
import type { Progress } from './progress-display.ts';
import { runProgress } from './run-progress.ts';

/** Runs work that Ctrl-C can stop, and shows its progress on stderr unless it is `quiet`. */
export async function withRunDisplay<T>(quiet: boolean, work: (hooks: RunHooks) => Promise<T>): Promise<T> {
  let progress: Progress | undefined;
  try {
    return await interruptible((stop) =>
      work({
        stop,
        onSession: (session) => console.error(describeSession(session)),
        onStart(counts) {
          if (!quiet) progress = runProgress(counts, Date.now());
        },
      }),
    );
  } finally {
    progress?.stop();
  }
}

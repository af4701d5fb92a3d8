import type { Retried } from '../../jobs/retry/retry.ts';
import { displayProgress, type Progress } from './progress-display.ts';

export interface RetryProgress extends Progress {
  show(done: Readonly<Retried>): void;
}

/** Shows the progress of a retry. */
export function retryProgress(): RetryProgress {
  let latest = { submitted: 0, redriven: 0, kept: 0 };
  const display = displayProgress('{text}', () => ({
    text: `${latest.submitted} images submitted, ${latest.redriven} dead letters sent back, ${latest.kept} kept`,
    done: 0,
    total: 1,
  }));
  return {
    show({ submitted, redriven, kept }) {
      latest = { submitted, redriven, kept };
    },
    stop: display.stop,
  };
}

import type { Retried } from '../../jobs/retry/retry.ts';

/** Shows how far a retry is, on stderr: a line that changes on a terminal, one now and then elsewhere. */
export interface RetryProgress {
  show(done: Readonly<Retried>): void;
  stop(): void;
}

const lineEveryMs = 10_000;
const changeEveryMs = 200;
const clearLine = '\r\u001b[K';

export function retryProgress(): RetryProgress {
  const isTerminal = process.stderr.isTTY;
  let next = performance.now() + (isTerminal ? 0 : lineEveryMs);
  return {
    show({ submitted, redriven, kept }) {
      const now = performance.now();
      if (now < next) return;
      next = now + (isTerminal ? changeEveryMs : lineEveryMs);
      const text = `${submitted} images submitted, ${redriven} dead letters sent back, ${kept} kept`;
      process.stderr.write(isTerminal ? `${clearLine}${text}` : `${text}\n`);
    },
    stop() {
      if (isTerminal) process.stderr.write(clearLine);
    },
  };
}

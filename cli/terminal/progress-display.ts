import { newBar } from './new-bar.ts';

/** Progress of some work on stderr, until it is stopped. */
export interface Progress {
  stop(): void;
}

/** What a display shows; `done` of `total` fills the bar. */
export interface ProgressState {
  readonly text: string;
  readonly done: number;
  readonly total: number;
}

export const barEveryMs = 200;
export const lineEveryMs = 10_000;

/**
 * Shows progress periodically: as an updated line on a terminal, otherwise as a line every ten seconds.
 * @param format see cli-progress; `{text}` is the text
 */
export function displayProgress(format: string, state: () => ProgressState): Progress {
  if (!process.stderr.isTTY) {
    const timer = setInterval(() => console.error(state().text), lineEveryMs);
    return { stop: () => clearInterval(timer) };
  }
  const bar = newBar(format);
  const update = () => {
    const { text, done, total } = state();
    bar.setTotal(total);
    bar.update(done, { text });
  };
  bar.start(1, 0, { text: 'starting' });
  const timer = setInterval(update, barEveryMs);
  return {
    stop() {
      clearInterval(timer);
      update();
      bar.stop();
    },
  };
}

import { newBar } from './new-bar.ts';
import type { Progress } from './progress-display.ts';

/** Progress in bytes on stderr: a bar on a terminal, otherwise a line per tenth. */
export interface ByteProgress extends Progress {
  show(done: number, bytes: number): void;
}

/** @param name of a file, or a participle such as `sorted` */
export function byteProgress(name: string): ByteProgress {
  return process.stderr.isTTY ? bar(name) : lines(name);
}

function bar(name: string): ByteProgress {
  const shown = newBar(`{bar} {percentage}% | ${name}, {done} of {size} MB`);
  return {
    show(done, bytes) {
      const text = { done: megabytes(done), size: megabytes(bytes) };
      if (shown.isActive) shown.update(done, text);
      else shown.start(bytes, done, text);
    },
    stop() {
      if (shown.isActive) shown.stop();
    },
  };
}

function lines(name: string): ByteProgress {
  let shown = -1;
  return {
    show(done, bytes) {
      const tenth = Math.floor((done / bytes) * 10);
      if (tenth === shown) return;
      shown = tenth;
      console.error(`${name}: ${megabytes(done)} of ${megabytes(bytes)} MB`);
    },
    stop() {},
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

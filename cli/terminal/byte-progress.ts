import { newBar } from './new-bar.ts';

/** Shows how many bytes are done, on stderr: a bar on a terminal, a line a tenth elsewhere. */
export interface ByteProgress {
  show(done: number, bytes: number): void;
  /** Takes the bar away. */
  stop(): void;
}

/** @param name of what is done: a file, or what is done to bytes */
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

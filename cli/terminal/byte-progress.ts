import { newBar } from './new-bar.ts';
import type { Progress } from './progress-display.ts';

export interface ByteProgress extends Progress {
  show(done: number, bytes: number): void;
}

/**
 * Progress in bytes on stderr: a bar on a terminal, otherwise a line per tenth.
 * @param name of a file, or a participle such as `sorted`
 */
export function byteProgress(name: string): ByteProgress {
  // The cursor stays visible if Ctrl-C ends the process.
  const bar = process.stderr.isTTY ? newBar('{bar} {percentage}% | {text}', { hideCursor: false }) : undefined;
  let shownTenth = -1;
  return {
    show(done, bytes) {
      const text = `${name}: ${megabytes(done)} of ${megabytes(bytes)} MB`;
      if (bar?.isActive) bar.update(done, { text });
      else bar?.start(bytes, done, { text });
      const tenth = Math.floor((done / bytes) * 10);
      if (bar === undefined && tenth !== shownTenth) console.error(text);
      shownTenth = tenth;
    },
    stop() {
      if (bar?.isActive) bar.stop();
    },
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

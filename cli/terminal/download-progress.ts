import { SingleBar } from 'cli-progress';

/** Shows how much of a file has arrived, on stderr: a bar on a terminal, a line a tenth elsewhere. */
export interface DownloadProgress {
  show(received: number, bytes: number): void;
  /** Takes the bar away. */
  stop(): void;
}

export function downloadProgress(name: string): DownloadProgress {
  return process.stderr.isTTY ? bar(name) : lines(name);
}

function bar(name: string): DownloadProgress {
  const shown = new SingleBar({
    format: `{bar} {percentage}% | ${name}, {received} of {size} MB`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    stream: process.stderr,
    gracefulExit: false,
  });
  return {
    show(received, bytes) {
      const text = { received: megabytes(received), size: megabytes(bytes) };
      if (shown.isActive) shown.update(received, text);
      else shown.start(bytes, received, text);
    },
    stop() {
      if (shown.isActive) shown.stop();
    },
  };
}

function lines(name: string): DownloadProgress {
  let shown = -1;
  return {
    show(received, bytes) {
      const tenth = Math.floor((received / bytes) * 10);
      if (tenth === shown) return;
      shown = tenth;
      console.error(`${name}: ${megabytes(received)} of ${megabytes(bytes)} MB`);
    },
    stop() {},
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

import { type Options, SingleBar } from 'cli-progress';

/** The progress bar of every command, on stderr. @param format see cli-progress */
export function newBar(format: string, options: Options = {}): SingleBar {
  return new SingleBar({
    format,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    stream: process.stderr,
    gracefulExit: false,
    ...options,
  });
}

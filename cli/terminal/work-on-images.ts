import { interruptible } from './interruption.ts';
import { outputClosed } from './output-closed.ts';
import type { Progress } from './progress-display.ts';

/** `unread`: the reader of standard output, such as `head`, has closed it. */
export type WorkEnd = 'finished' | 'interrupted' | 'unread';

/**
 * Runs work on given images, whose outcomes are printed as they come. Ctrl-C, SIGTERM and the end of the reader stop it.
 * @param images as given; `-` stands for a list of paths on standard input
 * @param progress stopped at the end
 */
export async function workOnImages(
  images: readonly string[],
  progress: Progress,
  work: (stop: AbortSignal) => Promise<{ readonly interrupted: boolean }>,
): Promise<WorkEnd> {
  const unread = outputClosed();
  const { interrupted } = await interruptible((interrupt) => work(AbortSignal.any([interrupt, unread]))).finally(() => {
    progress.stop();
    // A list that still grows would keep the process alive after an interruption.
    if (images.includes('-')) process.stdin.destroy();
  });
  if (unread.aborted) return 'unread';
  return interrupted ? 'interrupted' : 'finished';
}

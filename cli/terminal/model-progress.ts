import type { ModelHooks } from '../../model/catalog/open-catalog-model.ts';
import { type ByteProgress, byteProgress } from './byte-progress.ts';

/**
 * Progress of the first use of a model on stderr: the download, then a line per step.
 * @param stop ends a download; without it, Ctrl-C ends the process, and the next one continues
 */
export function modelProgress(stop?: AbortSignal): ModelHooks & { end(): void } {
  let download: ByteProgress | undefined;
  const end = () => {
    download?.stop();
    download = undefined;
  };
  return {
    stop,
    onDownload(name, received, bytes) {
      // Without a network there is nothing to report but the error.
      if (received === 0 && !process.stderr.isTTY) return;
      download ??= byteProgress(name);
      download.show(received, bytes);
    },
    onStep(step) {
      end();
      console.error(`${step}…`);
    },
    onNotice(notice) {
      end();
      console.error(`warning: ${notice}`);
    },
    end,
  };
}

/** Runs work that may download a model, and shows the progress unless it is `quiet`. */
export async function withModelProgress<T>(quiet: boolean, work: (hooks: ModelHooks) => Promise<T>): Promise<T> {
  const progress = modelProgress();
  return work(quiet ? {} : progress).finally(() => progress.end());
}

import type { ModelHooks } from '../../model/catalog/open-catalog-model.ts';
import { type ByteProgress, byteProgress } from './byte-progress.ts';
import { interruptible } from './interruption.ts';

/** Progress of the first use of a model on stderr: the download, then a line per step. */
export function modelProgress(stop: AbortSignal): ModelHooks & { end(): void } {
  let download: ByteProgress | undefined;
  const end = () => {
    download?.stop();
    download = undefined;
  };
  return {
    stop,
    onDownload(name, received, bytes) {
      download ??= byteProgress(name);
      download.show(received, bytes);
    },
    onStep(step) {
      end();
      console.error(`${step}…`);
    },
    end,
  };
}

/** Runs work that may download a model, which Ctrl-C can stop, and shows the progress unless it is `quiet`. */
export function withModelProgress<T>(quiet: boolean, work: (hooks: ModelHooks) => Promise<T>): Promise<T> {
  return interruptible(async (stop) => {
    const progress = modelProgress(stop);
    return work(quiet ? { stop } : progress).finally(() => progress.end());
  });
}

import { constants } from 'node:os';

/**
 * Turns the first Ctrl-C or SIGTERM into an abort, so that what is under way can be finished and stored; the second one
 * ends the process at once.
 */
export function interruption(): { readonly stop: AbortSignal; release(): void } {
  const controller = new AbortController();
  const interrupt = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) endAtOnce(signal);
    console.error('\nfinishing what is under way; once more to stop at once');
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  const release = () => {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  };
  return { stop: controller.signal, release };
}

/**
 * As the signal itself would: by `process.exit` the runtime's libraries would be taken down under threads that still
 * compute, which aborts the process instead. Everything durable already is.
 */
function endAtOnce(signal: NodeJS.Signals): never {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // The signal is delivered before this returns; should the platform be slower, wait for it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  process.exit(128 + constants.signals[signal]);
}

import { constants } from 'node:os';
import { stopHoldingOn } from '../engine/command-watch.ts';
import { interruptedBySilence } from '../engine/interrupted.ts';

/**
 * Runs work that Ctrl-C or SIGTERM stops: the first aborts the signal, so that the work can finish and store what is in
 * progress; the second ends the process at once. A service that does not answer is no longer waited for.
 * @throws {Interrupted} if the work was stopped and then failed because a service does not answer
 */
export async function interruptible<T>(work: (stop: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const interrupt = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) endAtOnce(signal);
    console.error('\nfinishing the work in progress; press Ctrl-C again to stop at once');
    controller.abort();
  };
  stopHoldingOn(controller.signal);
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    return await work(controller.signal);
  } catch (error) {
    throw (controller.signal.aborted ? interruptedBySilence(error) : undefined) ?? error;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

/**
 * Ends as the signal itself would. `process.exit` would unload the runtime's libraries under threads that still
 * compute, which aborts the process. Nothing durable is lost.
 */
function endAtOnce(signal: NodeJS.Signals): never {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // The signal is normally delivered before this line; wait in case the platform is slower.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  process.exit(128 + constants.signals[signal]);
}

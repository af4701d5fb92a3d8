import { rmSync } from 'node:fs';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const paths = new Set<string>();
const received = new Set<NodeJS.Signals>();

/**
 * Removes a file or folder if a signal ends the process before it is forgotten. A process that handles the signal itself
 * finishes its work first; the second signal ends it, and removes the paths.
 * @returns forgets the path
 */
export function removeOnSignal(path: string): () => void {
  if (paths.size === 0) {
    // Before the listeners of others, which may end the process.
    for (const signal of signals) process.prependListener(signal, endBySignal);
  }
  paths.add(path);
  return () => {
    paths.delete(path);
    if (paths.size > 0) return;
    for (const signal of signals) process.off(signal, endBySignal);
  };
}

function endBySignal(signal: NodeJS.Signals): void {
  const isHandled = process.listenerCount(signal) > 1;
  if (isHandled && !received.has(signal)) {
    received.add(signal);
    return;
  }
  for (const path of paths) {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // The process ends anyway; the next one removes what is left.
    }
  }
  if (isHandled) return;
  process.off(signal, endBySignal);
  process.kill(process.pid, signal);
}

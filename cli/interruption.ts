/**
 * Turns the first Ctrl-C or SIGTERM into an abort, so that what is under way can be finished and stored; the second one
 * ends the process at once.
 */
export function interruption(): { readonly stop: AbortSignal; release(): void } {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130);
    console.error('\nfinishing what is under way; once more to stop at once');
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return {
    stop: controller.signal,
    release() {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
    },
  };
}

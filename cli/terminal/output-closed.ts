import { errorCode } from '../../shared/stores/local/file-failure.ts';

/** Aborted once a write finds that the reader of standard output has closed the pipe, as `head` does. */
export function outputClosed(): AbortSignal {
  const closed = new AbortController();
  process.stdout.on('error', (error) => {
    if (errorCode(error) === 'EPIPE') closed.abort();
  });
  return closed.signal;
}

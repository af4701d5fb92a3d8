import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { errorCode } from '../../shared/stores/local/file-failure.ts';
import { parseContentRange } from './content-range.ts';
import { DownloadError } from './download-error.ts';
import { IdleTimer } from './idle-timer.ts';
import { RateFloor, type SlowBody } from './rate-floor.ts';

export interface Timeouts {
  /** From the request to the headers of the response, including redirects, milliseconds. */
  readonly answerMs: number;
  /** Between two chunks of the body, milliseconds. */
  readonly idleMs: number;
  readonly slow: SlowBody;
}

export interface DownloadRequest {
  readonly url: string;
  /** Path to write to. Existing bytes are the beginning of the file. */
  readonly partialFile: string;
  /** Size of the whole file. */
  readonly bytes: number;
  readonly fetch: typeof globalThis.fetch;
  readonly timeouts: Timeouts;
  /** Called with the number of bytes received so far and the size of the file. */
  readonly onProgress: (received: number, bytes: number) => void;
  /** Ends the download with its reason. */
  readonly stop?: AbortSignal | undefined;
}

/**
 * Downloads the rest of a file. If the server ignores the range, the whole file is downloaded again. Received bytes stay
 * in `partialFile` if the download fails.
 * @returns `resumed` is true if the beginning came from an earlier download, possibly from another address
 * @throws {DownloadError} if the server is unreachable, idle, too slow, or responds with an error or another size
 */
export async function downloadFile(request: DownloadRequest): Promise<{ readonly resumed: boolean }> {
  const { partialFile, bytes, onProgress, stop } = request;
  const size = await sizeOf(partialFile);
  if (size > bytes) await rm(partialFile, { recursive: true });
  const start = size > bytes ? 0 : size;
  onProgress(start, bytes);
  if (start === bytes) return { resumed: true };
  stop?.throwIfAborted();
  const timer = new IdleTimer(stop);
  try {
    const response = await fetchFrom(request, start, timer);
    const from = response.status === 206 ? start : 0;
    const file = await open(partialFile, from > 0 ? 'a' : 'w');
    try {
      await receive(response, file, { ...request, from, timer });
      await file.sync();
    } finally {
      await file.close();
    }
    return { resumed: from > 0 };
  } finally {
    timer.end();
  }
}

/**
 * Requests the file from `start`. If the server sends another range or rejects it, the whole file is requested.
 * @returns the response with the rest of the file (206) or the whole file (200)
 */
async function fetchFrom(request: DownloadRequest, start: number, timer: IdleTimer): Promise<Response> {
  const { url, bytes, fetch, timeouts } = request;
  timer.restart(timeouts.answerMs, 'no response');
  // A compressed body has another length, and cannot be resumed.
  const headers = { 'accept-encoding': 'identity', ...(start > 0 && { range: `bytes=${start}-` }) };
  const response = await fetch(url, { headers, signal: timer.signal }).catch((cause: unknown) => {
    throw timer.explain(cause);
  });
  const { status } = response;
  if (start > 0 && (status === 206 || status === 416)) {
    const range = parseContentRange(response.headers.get('content-range'));
    if (status === 206 && range?.start === start && (range.total ?? bytes) === bytes) return response;
    await response.body?.cancel();
    return fetchFrom(request, 0, timer);
  }
  if (status !== 200) throw new DownloadError(`expected HTTP 200, got ${status}`);
  const length = Number(response.headers.get('content-length') ?? bytes);
  if (length !== bytes) throw new DownloadError(`expected ${bytes} bytes, got a file of ${length}`);
  return response;
}

interface Receiving extends DownloadRequest {
  readonly from: number;
  readonly timer: IdleTimer;
}

async function receive(response: Response, file: FileHandle, receiving: Receiving): Promise<void> {
  const { from, bytes, timeouts, onProgress, timer } = receiving;
  let received = from;
  const restartTimer = () => timer.restart(timeouts.idleMs, `no more data after ${received} of ${bytes} bytes`);
  restartTimer();
  const floor = new RateFloor(timeouts.slow);
  for await (const chunk of chunksOf(response, timer)) {
    received += chunk.byteLength;
    if (received > bytes) throw new DownloadError(`expected ${bytes} bytes, got more`);
    await file.writeFile(chunk);
    onProgress(received, bytes);
    if (received < bytes) floor.add(chunk.byteLength);
    restartTimer();
  }
  if (received !== bytes) throw new DownloadError(`the connection ended after ${received} of ${bytes} bytes`);
}

/** The chunks of the body. Only errors of the connection become download errors, not those of writing the file. */
async function* chunksOf({ body }: Response, timer: IdleTimer): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  for (;;) {
    const next = await reader?.read().catch((cause: unknown) => {
      throw timer.explain(cause);
    });
    if (next === undefined || next.done) return;
    yield next.value;
  }
}

/** Infinite for a folder. */
async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    (stats) => (stats.isFile() ? stats.size : Number.POSITIVE_INFINITY),
    (cause: unknown) => {
      if (errorCode(cause) === 'ENOENT') return 0;
      throw cause;
    },
  );
}

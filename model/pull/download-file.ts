import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { parseContentRange } from './content-range.ts';
import { DownloadError } from './download-error.ts';
import { IdleTimer } from './idle-timer.ts';

/** How long a server may keep silent, milliseconds. */
export interface Timeouts {
  /** From the request to the answer's headers, redirects included. */
  readonly answerMs: number;
  /** Between two pieces of the body. */
  readonly idleMs: number;
}

export interface DownloadRequest {
  readonly url: string;
  /** Where the bytes go; what is there is taken as the beginning of the file. */
  readonly part: string;
  /** Size of the whole file. */
  readonly bytes: number;
  readonly timeouts: Timeouts;
  /** Called with the bytes that are there, whenever there are more. */
  readonly onProgress: (received: number) => void;
}

/**
 * Downloads a file to its end, going on where `part` ends. A server that does not honour the range sends everything, and
 * it is begun again. What has arrived stays in `part` when the transfer fails.
 * @returns whether the beginning was there already, so that wrong bytes may come from elsewhere
 * @throws {DownloadError} when the server cannot be reached, answers otherwise, keeps silent, or sends another size.
 */
export async function downloadFile(request: DownloadRequest): Promise<{ readonly resumed: boolean }> {
  const { part, bytes, onProgress } = request;
  const present = await sizeOf(part);
  if (present > bytes) await rm(part);
  const start = present > bytes ? 0 : present;
  onProgress(start);
  if (start === bytes) return { resumed: true };
  const timer = new IdleTimer();
  try {
    const response = await answer(request, start, timer);
    const from = response.status === 206 ? start : 0;
    const file = await open(part, from > 0 ? 'a' : 'w');
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
 * The answer with the rest of the file, or all of it. A server that answers the range with another one, or refuses it, is
 * asked for all.
 */
async function answer(request: DownloadRequest, start: number, timer: IdleTimer): Promise<Response> {
  const { url, bytes, timeouts } = request;
  timer.allow(timeouts.answerMs, 'no answer');
  // Compressed bytes could neither be counted nor be continued.
  const headers = { 'accept-encoding': 'identity', ...(start > 0 && { range: `bytes=${start}-` }) };
  const response = await fetch(url, { headers, signal: timer.signal }).catch((cause: unknown) => {
    throw timer.explain(cause);
  });
  const { status } = response;
  if (start > 0 && (status === 206 || status === 416)) {
    const range = parseContentRange(response.headers.get('content-range'));
    if (status === 206 && range?.start === start && (range.total ?? bytes) === bytes) return response;
    await response.body?.cancel();
    return answer(request, 0, timer);
  }
  if (status !== 200) throw new DownloadError(`expected HTTP 200, got ${status}`);
  const length = response.headers.get('content-length');
  if (length !== null && Number(length) !== bytes) {
    throw new DownloadError(`expected ${bytes} bytes, got a file of ${length}`);
  }
  return response;
}

interface Receiving extends DownloadRequest {
  readonly from: number;
  readonly timer: IdleTimer;
}

async function receive(response: Response, file: FileHandle, receiving: Receiving): Promise<void> {
  const { from, bytes, timeouts, onProgress, timer } = receiving;
  let received = from;
  const listen = () => timer.allow(timeouts.idleMs, `nothing more after ${received} of ${bytes} bytes`);
  listen();
  for await (const piece of pieces(response, timer)) {
    received += piece.byteLength;
    if (received > bytes) throw new DownloadError(`expected ${bytes} bytes, got more`);
    await file.writeFile(piece);
    onProgress(received);
    listen();
  }
  if (received < bytes) throw new DownloadError(`the connection ended after ${received} of ${bytes} bytes`);
}

/** The body as it arrives; only what the connection does wrong is the download's fault. */
async function* pieces({ body }: Response, timer: IdleTimer): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  for (;;) {
    const next = await reader?.read().catch((cause: unknown) => {
      throw timer.explain(cause);
    });
    if (next === undefined || next.done) return;
    yield next.value;
  }
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    (cause: unknown) => {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return 0;
      throw cause;
    },
  );
}

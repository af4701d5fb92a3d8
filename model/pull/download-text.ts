import { DownloadError } from './download-error.ts';
import type { Timeouts } from './download-file.ts';
import { IdleTimer } from './idle-timer.ts';
import { RateFloor } from './rate-floor.ts';

export interface TextRequest {
  readonly url: string;
  readonly fetch: typeof globalThis.fetch;
  readonly timeouts: Timeouts;
  /** Ends the download with its reason. */
  readonly stop?: AbortSignal | undefined;
}

const maxBytes = 2 ** 20;

/**
 * Downloads a small text, whose size is not known exactly.
 * @throws {DownloadError} if the server is unreachable, idle, too slow, or responds with an error or too much
 */
export async function downloadText({ url, fetch, timeouts, stop }: TextRequest): Promise<Uint8Array> {
  stop?.throwIfAborted();
  const timer = new IdleTimer(stop);
  timer.restart(timeouts.answerMs, 'no response');
  try {
    const response = await fetch(url, { signal: timer.signal });
    if (response.status !== 200) throw new DownloadError(`expected HTTP 200, got ${response.status}`);
    const chunks: Uint8Array[] = [];
    const floor = new RateFloor(timeouts.slow);
    let received = 0;
    for await (const chunk of response.body ?? []) {
      received += chunk.byteLength;
      floor.add(chunk.byteLength);
      timer.restart(timeouts.idleMs, `no more data after ${received} bytes`);
      if (received > maxBytes) throw new DownloadError(`expected at most ${maxBytes} bytes, got more`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    throw error instanceof DownloadError ? error : timer.explain(error);
  } finally {
    timer.end();
  }
}

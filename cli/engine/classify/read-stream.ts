import { Failure } from '../../../shared/failures/failure.ts';
import type { ImageStream } from './image-input.ts';

/** A stream that is read once, or canceled. Its bytes are kept: an image whose decoder was lost is read again. */
export interface StreamReader {
  /** @throws {Failure} `too_large` for more than `maxBytes`; `unreadable` if the stream fails or gives no bytes */
  read(maxBytes: number): Promise<Uint8Array>;
  /** Ends the stream, also while it is read. Does nothing once it was read to its end. */
  cancel(): void;
}

export function streamReader(stream: ImageStream['stream']): StreamReader {
  let state: 'new' | 'used' | 'done' = 'new';
  let chunks: Chunks | undefined;
  let bytes: Uint8Array | undefined;
  return {
    async read(maxBytes) {
      if (bytes !== undefined) return bytes;
      if (state !== 'new')
        throw new Failure('unreadable', 'the stream was read before: a stream can be read only once');
      state = 'used';
      try {
        chunks = chunksOf(stream);
        bytes = await readAll(chunks.next, maxBytes);
        state = 'done';
        return bytes;
      } catch (error) {
        this.cancel();
        throw error instanceof Failure ? error : streamFailure(error);
      }
    },
    cancel() {
      if (state === 'done') return;
      state = 'done';
      try {
        chunks ??= chunksOf(stream);
        chunks.cancel().catch(() => {}); // why a stream that nobody needs cannot be ended does not matter
      } catch {
        // a stream that somebody else reads
      }
    },
  };
}

interface Chunks {
  readonly next: () => Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>;
  readonly cancel: () => Promise<unknown>;
}

/** `cancel` of a web stream ends a read that is waiting; the iterator of a web stream would wait for it. */
function chunksOf(stream: ImageStream['stream']): Chunks {
  if (stream instanceof ReadableStream) {
    const reader = stream.getReader();
    return { next: () => reader.read(), cancel: () => reader.cancel() };
  }
  const iterator = stream[Symbol.asyncIterator]();
  return { next: () => iterator.next(), cancel: async () => iterator.return?.() };
}

async function readAll(next: Chunks['next'], maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await next();
    if (done) return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size);
    if (!(value instanceof Uint8Array)) throw new Failure('unreadable', `the stream gave ${typeof value}, not bytes`);
    size += value.byteLength;
    if (size > maxBytes) throw new Failure('too_large', `the stream has more bytes than the limit, ${maxBytes}`);
    chunks.push(value);
  }
}

function streamFailure(cause: unknown): Failure {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new Failure('unreadable', `the stream failed: ${message.split('\n', 1)[0]}`, { cause });
}

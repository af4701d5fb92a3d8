import { read } from 'node:fs';
import { promisify } from 'node:util';
import { Failure } from '../../failures/failure.ts';
import type { DecodeMemory } from '../decode/decode-memory.ts';
import { runDecodeJob } from './decode-job.ts';
import type { DecoderReport, DecoderRequest, JobRequest } from './decode-messages.ts';

// A process that decodes one image at a time for the process that started it, see `DecoderProcess`. Only a process can be
// ended while a library decodes. The parent also measures its time and memory: while parsers run here, timers do not.

const readFromParent = promisify(read);
const kill = () => process.kill(process.pid, 'SIGKILL');
const report = (message: DecoderReport) => process.send?.(message);

/** Ctrl-C on a terminal reaches this process too; the parent decides what happens to the image. */
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
// Exiting would wait for the decoder's thread.
process.on('disconnect', kill);

const waiting = new Map<number, () => void>();
let lastHold = 0;

process.on('message', (request: DecoderRequest) => {
  if (request.kind === 'job') void serve(request);
  else {
    waiting.get(request.id)?.();
    waiting.delete(request.id);
  }
});
report({ kind: 'ready' });

async function serve(request: JobRequest): Promise<void> {
  const { job, limits } = request;
  const bytes = await readInput(request.bytes);
  try {
    const result = await runDecodeJob(bytes, job, { limits, memory: memoryOfParent(request.memoryBytes) });
    report({ kind: 'done', result, residentBytes: process.memoryUsage.rss() });
  } catch (error) {
    const { reason, message } = Failure.from(error);
    report({ kind: 'failed', reason, message, residentBytes: process.memoryUsage.rss() });
  }
}

async function readInput(size: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(size);
  for (let at = 0; at < size; ) {
    const { bytesRead } = await readFromParent(0, bytes, at, size - at, null);
    if (bytesRead === 0) kill();
    at += bytesRead;
  }
  return bytes;
}

/** The budget is the parent's, which shares it among its decoders. */
function memoryOfParent(bytes: number): DecodeMemory {
  const hold = async <T>(needed: number | 'all', work: () => Promise<T>): Promise<T> => {
    lastHold += 1;
    const id = lastHold;
    await new Promise<void>((resolve) => {
      waiting.set(id, resolve);
      report({ kind: 'hold', id, bytes: needed });
    });
    return work().finally(() => report({ kind: 'release', id }));
  };
  return { bytes, hold, alone: (work) => hold('all', work) };
}

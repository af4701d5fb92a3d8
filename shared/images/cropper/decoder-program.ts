import { read } from 'node:fs';
import { promisify } from 'node:util';
import { Failure, type FailureReason } from '../../failures/failure.ts';
import type { DecodeMemory } from '../decode/decode-memory.ts';
import { runDecodeJob } from './decode-job.ts';
import type { DecoderReport, DecoderRequest, JobRequest } from './decode-messages.ts';

// A process that decodes one image at a time for the process that started it, see `DecoderProcess`. Only a process can be
// ended while a library decodes.

const checkMs = 50;
const mebibyte = 2 ** 20;
const readFromParent = promisify(read);
const kill = () => process.kill(process.pid, 'SIGKILL');
const report = (message: DecoderReport, sent = () => {}) => process.send?.(message, sent);

/** Ctrl-C on a terminal reaches this process too; the parent decides what happens to the image. */
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
// Exiting would wait for the decoder's thread.
process.on('disconnect', kill);

const waiting = new Map<number, (bytes: number) => void>();
let lastHold = 0;
/** How far this process may grow, bytes. */
let granted = 0;

process.on('message', (request: DecoderRequest) => {
  if (request.kind === 'job') void serve(request);
  else {
    waiting.get(request.id)?.(request.bytes);
    waiting.delete(request.id);
  }
});
report({ kind: 'ready' });

async function serve(request: JobRequest): Promise<void> {
  const { job, limits } = request;
  const bytes = await readInput(request.bytes);
  const unwatch = watch(request);
  try {
    const result = await runDecodeJob(bytes, job, { limits, memory: memoryOfParent(request.memoryBytes) });
    unwatch();
    report({ kind: 'done', result, residentBytes: process.memoryUsage.rss() });
  } catch (error) {
    unwatch();
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
    const before = granted;
    granted = await new Promise<number>((resolve) => {
      waiting.set(id, resolve);
      report({ kind: 'hold', id, bytes: needed });
    });
    return work().finally(() => {
      granted = before;
      report({ kind: 'release', id });
    });
  };
  return { bytes, hold, alone: (work) => hold('all', work) };
}

/** Ends this process if decoding uses more time or memory than allowed. @returns a function that stops watching */
function watch({ processorSeconds }: JobRequest): () => void {
  const before = process.memoryUsage.rss();
  const started = process.cpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(started);
    const grown = process.memoryUsage.rss() - before;
    if ((user + system) / 1e6 > processorSeconds) {
      exceed('too_slow', `decoding takes more than ${processorSeconds} s of a core: save the image again, or smaller`);
    } else if (granted > 0 && grown > granted) {
      const limit = Math.ceil(granted / mebibyte);
      exceed('too_many_pixels', `decoding takes more than ${limit} MiB of memory: save the image again, or smaller`);
    }
  }, checkMs);
  const exceed = (reason: FailureReason, message: string) => {
    clearInterval(timer);
    report({ kind: 'exceeded', reason, message }, kill);
  };
  return () => clearInterval(timer);
}

import type { ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import { Failure } from '../../failures/failure.ts';
import { type DecodeMemory, headerBytes } from '../decode/decode-memory.ts';
import type { DecodeResult } from './decode-job.ts';
import { type DecoderRequest, decoderReport, type JobRequest } from './decode-messages.ts';
import { processUsage } from './process-usage.ts';
import { startDecoder, startFailure } from './start-decoder.ts';
import { watchUsage } from './usage-limits.ts';

/** The decoder itself ended its process. */
export class DecoderCrash extends Error {
  override readonly name = 'DecoderCrash';
}

/** Memory of a process before it decodes, bytes. */
const processBytes = 80 * 2 ** 20;
/** What a decode may use beyond its estimate before it is ended: the estimate is an upper limit for honest files. */
const slack = { factor: 1.5, bytes: 96 * 2 ** 20 };
/** Freed memory may stay with a process: beyond this, bytes, it is replaced. */
const maxIdleBytes = 320 * 2 ** 20;
/** Time without a sign of life after which a process is ended. Far more than a decode: the machine may be busy. */
const stallMs = 120_000;
/** A busy neighbor matters more than an image that is known to be slow. */
const niceness = 10;

const crashSignals: ReadonlySet<string> = new Set([
  'SIGSEGV',
  'SIGBUS',
  'SIGABRT',
  'SIGILL',
  'SIGFPE',
  'SIGTRAP',
  'SIGSYS',
]);

/** A job and its limits. */
export interface IsolatedJob extends Omit<JobRequest, 'kind' | 'bytes'> {
  /** The most time of a core that decoding may use. */
  readonly processorSeconds: number;
}

/** A job in progress. */
interface Running {
  readonly memory: DecodeMemory;
  readonly held: Map<number, () => void>;
  readonly fileBytes: number;
  /** How far the process may grow, bytes: the most that it was granted, and its file. */
  growth: number;
  readonly processorSeconds: number;
  isWaiting: boolean;
  stallTimer: NodeJS.Timeout | undefined;
  unwatch(): void;
  settle(outcome: DecodeResult | Error): void;
}

/** A process that decodes one image at a time and can be ended at any time. */
export class DecoderProcess {
  readonly #child: ChildProcess;
  #running: Running | undefined;
  #isReady = false;
  #errors = '';
  /** Why it can take no more jobs. */
  #end: Error | undefined;

  constructor() {
    this.#child = startDecoder();
    this.#child.on('message', (report: unknown) => this.#take(report));
    this.#child.on('error', (cause) => this.#fail(startFailure(cause)));
    this.#child.on('exit', (code, signal) => this.#fail(this.#reasonOf(code, signal)));
    // An ended process is reported by its exit.
    this.#child.stdin?.on('error', () => {});
    this.#child.stderr?.on('data', (text) => {
      this.#errors = `${this.#errors}${text}`.slice(-2000);
    });
    this.#keepAlive(false);
  }

  get canTakeJobs(): boolean {
    return this.#end === undefined;
  }

  /**
   * Decodes one image; one at a time.
   * @param memory that the process uses, besides its own
   * @throws {Failure} as `runDecodeJob` does; `too_slow` or `too_many_pixels` beyond the limits; `timeout` or `internal` if the
   *   process was ended from outside or does not answer
   * @throws {DecoderCrash} if the decoder crashed
   */
  async run(
    bytes: Uint8Array,
    { processorSeconds, ...request }: IsolatedJob,
    memory: DecodeMemory,
  ): Promise<DecodeResult> {
    if (this.#end) throw this.#end;
    this.#keepAlive(true);
    try {
      return await new Promise<DecodeResult>((resolve, reject) => {
        this.#running = {
          memory,
          held: new Map(),
          fileBytes: bytes.byteLength,
          growth: slack.bytes + bytes.byteLength,
          processorSeconds,
          isWaiting: false,
          stallTimer: undefined,
          unwatch: () => {},
          settle: (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)),
        };
        this.#expectAnswer();
        if (this.#isReady) this.#limitUsage();
        this.#send({ kind: 'job', ...request, bytes: bytes.byteLength });
        this.#child.stdin?.write(bytes);
      });
    } finally {
      clearTimeout(this.#running?.stallTimer);
      this.#running?.unwatch();
      for (const release of this.#running?.held.values() ?? []) release();
      this.#running = undefined;
      this.#keepAlive(false);
    }
  }

  /** Ends the process; its job fails. */
  end(reason: Error = new Failure('timeout', 'decoding was stopped before it ended')): void {
    this.#fail(reason);
    this.#child.kill('SIGKILL');
  }

  #take(message: unknown): void {
    const { data: report } = decoderReport.safeParse(message);
    this.#expectAnswer();
    if (report === undefined) this.end(new DecoderCrash('the decoder reported what it should not'));
    else if (report.kind === 'ready' && !this.#isReady) {
      this.#isReady = true;
      lowerPriority(this.#child.pid);
      this.#limitUsage();
    } else if (report.kind === 'hold') this.#grant(report.id, report.bytes);
    else if (report.kind === 'release') this.#running?.held.get(report.id)?.();
    else if (report.kind !== 'ready') {
      this.#running?.settle(report.kind === 'done' ? report.result : new Failure(report.reason, report.message));
      if (this.#residentBytes(report) > maxIdleBytes) this.end();
    }
  }

  #residentBytes(report: { readonly residentBytes: number }): number {
    return (this.#child.pid && processUsage(this.#child.pid)?.bytes) || report.residentBytes;
  }

  /** Waits for memory and lets the process use it until it releases it. */
  #grant(id: number, bytes: number | 'all'): void {
    const running = this.#running;
    if (running === undefined) return;
    const { memory, held } = running;
    const { promise, resolve } = Promise.withResolvers<void>();
    held.set(id, resolve);
    clearTimeout(running.stallTimer); // it waits for others
    running.isWaiting = true;
    const limit = bytes === 'all' ? memory.bytes : Math.min(bytes * slack.factor + slack.bytes, memory.bytes);
    const grant = () => {
      if (this.#running === running) {
        running.isWaiting = false;
        running.growth = Math.max(running.growth, limit + running.fileBytes);
        this.#expectAnswer();
        this.#send({ kind: 'grant', id });
      }
      return promise;
    };
    if (bytes === 'all') void memory.alone(grant);
    // Waiting for more than a header needs would delay each image that is rejected for its header.
    else void memory.hold(bytes > headerBytes ? limit + processBytes : bytes, grant);
  }

  /** Starts to wait for the next sign of life. */
  #expectAnswer(): void {
    if (this.#running === undefined) return;
    clearTimeout(this.#running.stallTimer);
    this.#running.stallTimer = setTimeout(
      () => this.end(new Failure('timeout', `the process that decodes did not answer for ${stallMs / 1000} s`)),
      stallMs,
    );
  }

  /** Ends the process when it exceeds the limits of its job. Its own start does not count. */
  #limitUsage(): void {
    const running = this.#running;
    if (running === undefined || this.#child.pid === undefined) return;
    const { processorSeconds } = running;
    const limits = { processorSeconds, growth: () => running.growth, isWaiting: () => running.isWaiting };
    running.unwatch = watchUsage(this.#child.pid, limits, (failure) => this.end(failure));
  }

  #send(request: DecoderRequest): void {
    // One that did not start has no channel and reports an error; one that has ended is reported by its exit.
    if (this.#child.pid !== undefined) this.#child.send(request, () => {});
  }

  /** Keeps the first reason: a process that is ended also exits. */
  #fail(reason: Error): void {
    this.#end ??= reason;
    this.#running?.settle(this.#end);
  }

  #reasonOf(code: number | null, signal: NodeJS.Signals | null): Error {
    const errors = this.#errors.trim();
    if (!this.#isReady)
      return new Failure('internal', `no process to decode in: it ended with ${signal ?? code}: ${errors}`);
    if (signal !== null && crashSignals.has(signal)) return new DecoderCrash(`the decoder crashed (${signal})`);
    const likely = signal === 'SIGKILL' ? ', probably because the machine has no more memory' : '';
    return new Failure(
      'internal',
      `the process that decodes was ended by ${signal ?? `exit code ${code}`}${likely} ${errors}`,
    );
  }

  /** Whether this program stays alive for the process: only while it decodes. */
  #keepAlive(isBusy: boolean): void {
    const { channel } = this.#child;
    if (isBusy) {
      this.#child.ref();
      channel?.ref();
    } else {
      this.#child.unref();
      channel?.unref();
      for (const stream of [this.#child.stdin, this.#child.stderr]) unref(stream);
    }
  }
}

/** Pipes to a process are sockets, which keep a program alive. */
function unref(stream: unknown): void {
  if (stream instanceof Object && 'unref' in stream && typeof stream.unref === 'function') stream.unref();
}

function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, niceness);
  } catch {
    // It has ended, or the platform does not allow it.
  }
}

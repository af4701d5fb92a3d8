import { type ChildProcess, fork } from 'node:child_process';
import { setPriority } from 'node:os';
import { extname } from 'node:path';
import { Failure } from '../../failures/failure.ts';
import type { DecodeMemory } from '../decode/decode-memory.ts';
import type { DecodeResult } from './decode-job.ts';
import type { DecoderReport, DecoderRequest, JobRequest } from './decode-messages.ts';

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

/** A job in progress. */
interface Running {
  readonly memory: DecodeMemory;
  readonly held: Map<number, () => void>;
  stalled: NodeJS.Timeout | undefined;
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
    const program = new URL(`./decoder-program${extname(import.meta.url)}`, import.meta.url);
    this.#child = fork(program, {
      stdio: ['pipe', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
      execArgv: [],
      env: decoderEnvironment(process.env),
    });
    this.#child.on('message', (report: DecoderReport) => this.#take(report));
    this.#child.on('error', (cause) =>
      this.#lose(new Failure('internal', `no process to decode in: ${cause}`, { cause })),
    );
    this.#child.on('exit', (code, signal) => this.#lose(this.#reasonOf(code, signal)));
    // An ended process is reported by its exit.
    this.#child.stdin?.on('error', () => {});
    this.#child.stderr?.on('data', (text) => {
      this.#errors = `${this.#errors}${text}`.slice(-2000);
    });
    this.#hold(false);
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
    request: Omit<JobRequest, 'kind' | 'bytes'>,
    memory: DecodeMemory,
  ): Promise<DecodeResult> {
    if (this.#end) throw this.#end;
    this.#hold(true);
    try {
      return await new Promise<DecodeResult>((resolve, reject) => {
        this.#running = {
          memory,
          held: new Map(),
          stalled: undefined,
          settle: (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)),
        };
        this.#watch();
        this.#send({ kind: 'job', ...request, bytes: bytes.byteLength });
        this.#child.stdin?.write(bytes);
      });
    } finally {
      clearTimeout(this.#running?.stalled);
      for (const release of this.#running?.held.values() ?? []) release();
      this.#running = undefined;
      this.#hold(false);
    }
  }

  /** Ends the process; its job fails. */
  end(reason: Error = new Failure('timeout', 'decoding was stopped before it ended')): void {
    this.#lose(reason);
    this.#child.kill('SIGKILL');
  }

  #take(report: DecoderReport): void {
    this.#watch();
    if (report.kind === 'ready') {
      this.#isReady = true;
      lowerPriority(this.#child.pid);
    } else if (report.kind === 'hold') this.#grant(report.id, report.bytes);
    else if (report.kind === 'release') this.#running?.held.get(report.id)?.();
    else if (report.kind === 'exceeded') this.end(new Failure(report.reason, report.message));
    else {
      this.#running?.settle(report.kind === 'done' ? report.result : new Failure(report.reason, report.message));
      if (report.residentBytes > maxIdleBytes) this.end();
    }
  }

  /** Waits for memory and lets the process use it until it releases it. */
  #grant(id: number, bytes: number | 'all'): void {
    const running = this.#running;
    if (running === undefined) return;
    const { memory, held } = running;
    const { promise, resolve } = Promise.withResolvers<void>();
    held.set(id, resolve);
    clearTimeout(running.stalled); // it waits for others
    const most = bytes === 'all' ? memory.bytes : Math.min(bytes * slack.factor + slack.bytes, memory.bytes);
    const grant = () => {
      if (this.#running === running) {
        this.#watch();
        this.#send({ kind: 'grant', id, bytes: most });
      }
      return promise;
    };
    void (bytes === 'all' ? memory.alone(grant) : memory.hold(most + processBytes, grant));
  }

  /** Starts to wait for the next sign of life. */
  #watch(): void {
    if (this.#running === undefined) return;
    clearTimeout(this.#running.stalled);
    this.#running.stalled = setTimeout(
      () => this.end(new Failure('timeout', `the process that decodes did not answer for ${stallMs / 1000} s`)),
      stallMs,
    );
  }

  #send(request: DecoderRequest): void {
    // An ended process is reported by its exit.
    this.#child.send(request, () => {});
  }

  /** Keeps the first reason: a process that is ended also exits. */
  #lose(reason: Error): void {
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
  #hold(isBusy: boolean): void {
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

/** A decoder of untrusted bytes gets no credentials, and no options that are meant for this process. */
function decoderEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !/^(AWS_|NODE_OPTIONS$|NODE_V8_COVERAGE$)/.test(name));
  return { ...Object.fromEntries(kept), MALLOC_ARENA_MAX: '2', UV_THREADPOOL_SIZE: '2' };
}

function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, niceness);
  } catch {
    // It has ended, or the platform does not allow it.
  }
}

import { Worker } from 'node:worker_threads';
import { ActivityFlag, waitAtExit } from './activity-flag.ts';
import { NetworkError } from './network-error.ts';
import type { Handlers, Reply } from './serve-requests.ts';
import { SessionLost } from './session-lost.ts';

// On Linux, onnxruntime sends usage data to its developers from threads that inherit this environment.
process.env['ORT_DISABLE_TELEMETRY'] ??= '1';

interface PendingRequest {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** A worker thread that runs onnxruntime and serves one request at a time, see `serveRequests`. */
export class RuntimeThread<ThreadHandlers extends Handlers> {
  readonly #worker: Worker;
  readonly #activity = new ActivityFlag();
  #pending: PendingRequest | undefined;
  /** Resolves once the script has loaded, then once the last request has settled. */
  #idle: Promise<unknown>;
  #lost: SessionLost | undefined;

  /** @param script of the thread */
  constructor(script: URL) {
    // Flags are about the program: a thread refuses --input-type, with which a program without a file starts.
    this.#worker = new Worker(script, { execArgv: [], workerData: this.#activity.memory });
    this.#worker.on('exit', waitAtExit(this.#activity));
    this.#worker.on('error', (cause) => this.#lose(new SessionLost(`a runtime thread failed: ${cause}`, { cause })));
    this.#worker.on('exit', () => this.#lose(new SessionLost('the runtime thread has ended')));
    this.#worker.on('message', (reply: Reply) => this.#settle(reply));
    this.#idle = new Promise((resolve) => {
      this.#worker.once('message', resolve);
      this.#worker.once('exit', resolve);
    });
  }

  /**
   * @param transfer buffers of the argument that are moved to the thread instead of copied
   * @throws {NetworkError} with the message of what the handler threw
   * @throws {SessionLost} if the thread has ended
   */
  request<Name extends keyof ThreadHandlers & string>(
    name: Name,
    argument: Parameters<ThreadHandlers[Name]>[0],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Awaited<ReturnType<ThreadHandlers[Name]>>> {
    const reply = new Promise<Awaited<ReturnType<ThreadHandlers[Name]>>>((resolve, reject) => {
      if (this.#lost) return reject(this.#lost);
      this.#pending = { resolve, reject };
      this.#send({ name, argument }, transfer);
    });
    this.#idle = reply.catch(() => {});
    return reply;
  }

  #send(request: unknown, transfer: readonly ArrayBuffer[]): void {
    this.#activity.begin();
    try {
      this.#worker.postMessage(request, transfer);
    } catch (error) {
      this.#activity.end();
      throw error;
    }
  }

  /** Ends the thread once it is idle: terminated while it loads or runs, the runtime would abort the process. */
  async close(): Promise<void> {
    await this.#idle;
    await this.#worker.terminate();
  }

  #settle(reply: Reply): void {
    if ('isReady' in reply) return;
    const pending = this.#pending;
    this.#pending = undefined;
    if ('error' in reply) pending?.reject(new NetworkError(reply.error));
    else pending?.resolve(reply.value);
  }

  /** Keeps the first reason: a thread that fails also exits. */
  #lose(reason: SessionLost): void {
    this.#lost ??= reason;
    this.#pending?.reject(this.#lost);
    this.#pending = undefined;
  }
}

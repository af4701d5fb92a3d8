/** At the end of the process, a batch in progress gets this long to finish. */
const maxExitWaitMs = 60_000;

const idle = 0;
const active = 1;

/** Whether a thread loads or runs, in memory that both threads see: the process can wait for it without its event loop. */
export class ActivityFlag {
  readonly memory: SharedArrayBuffer;
  readonly #state: Int32Array;

  /** @param memory of the same flag in the other thread; without it, of a thread that is about to load */
  constructor(memory?: SharedArrayBuffer) {
    this.memory = memory ?? new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    this.#state = new Int32Array(this.memory);
    if (memory === undefined) this.begin();
  }

  begin(): void {
    Atomics.store(this.#state, 0, active);
  }

  end(): void {
    Atomics.store(this.#state, 0, idle);
    Atomics.notify(this.#state, 0);
  }

  /** Blocks this thread until the other one is idle. */
  wait(timeoutMs: number): void {
    Atomics.wait(this.#state, 0, active, timeoutMs);
  }
}

const waitedFor = new Set<ActivityFlag>();

/**
 * Makes `process.exit` and uncaught errors wait until the thread is idle: the process ends its threads, and a runtime whose
 * thread is ended while it loads or runs aborts the process, whatever the exit code.
 * @returns to be called when the thread has ended
 */
export function waitAtExit(activity: ActivityFlag): () => void {
  if (waitedFor.size === 0) process.on('exit', waitForAll);
  waitedFor.add(activity);
  return () => {
    waitedFor.delete(activity);
    if (waitedFor.size === 0) process.off('exit', waitForAll);
  };
}

function waitForAll(): void {
  const end = performance.now() + maxExitWaitMs;
  for (const activity of waitedFor) activity.wait(Math.max(0, end - performance.now()));
}

import { setTimeout as wait } from 'node:timers/promises';
import { startWorker } from '../../support/start-worker.ts';

/** Workers as their container starts them. A killed worker is replaced at once, as by ECS. */
export class WorkerFleet {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #running: ReturnType<typeof startWorker>[] = [];
  #isStopped = false;

  constructor(environment: NodeJS.ProcessEnv, workers: number) {
    this.#environment = environment;
    for (let worker = 0; worker < workers; worker += 1) this.#start();
  }

  /** Kills the worker that was started first. */
  kill(): void {
    this.#running[0]?.kill('SIGKILL');
  }

  /** Stops a worker for a time; it goes on where it was. */
  async pause(ms: number): Promise<void> {
    const worker = this.#running.at(-1);
    worker?.kill('SIGSTOP');
    await wait(ms);
    worker?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const worker of this.#running) {
      worker.kill('SIGCONT');
      // A worker that is still starting ends by the signal.
      worker.kill('SIGTERM');
    }
    await Promise.all(this.#running.map(({ exited }) => exited));
  }

  #start(): void {
    const worker = startWorker(this.#environment);
    this.#running.push(worker);
    void worker.exited.then(() => {
      if (this.#isStopped) return;
      this.#running.splice(this.#running.indexOf(worker), 1);
      this.#start();
    });
  }
}

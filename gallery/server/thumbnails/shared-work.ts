import { untilAborted } from '../../../shared/flow/until-aborted.ts';

interface Running<T> {
  readonly done: Promise<T>;
  readonly stop: AbortController;
  clients: number;
}

/** Work that several clients may need at the same time: it is done once, and stopped when none of them needs it any more. */
export class SharedWork<T> {
  readonly #running = new Map<string, Running<T>>();

  /**
   * Starts the work of this name unless it is running, and waits for it.
   * @param client aborted when this client no longer needs the result; the promise then rejects at once
   * @param failure what to throw in that case
   */
  async do(
    name: string,
    work: (stop: AbortSignal) => Promise<T>,
    { client, failure }: { readonly client: AbortSignal; readonly failure: () => Error },
  ): Promise<T> {
    if (client.aborted) throw failure();
    const running = this.#running.get(name) ?? this.#start(name, work);
    running.clients += 1;
    try {
      return await untilAborted(running.done, client, failure);
    } finally {
      running.clients -= 1;
      if (running.clients === 0) {
        // The next client starts it again.
        this.#remove(name, running);
        running.stop.abort();
      }
    }
  }

  #start(name: string, work: (stop: AbortSignal) => Promise<T>): Running<T> {
    const stop = new AbortController();
    const running = { done: work(stop.signal), stop, clients: 0 };
    this.#running.set(name, running);
    return running;
  }

  #remove(name: string, running: Running<T>): void {
    if (this.#running.get(name) === running) this.#running.delete(name);
  }
}

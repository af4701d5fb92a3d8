import { parentPort } from 'node:worker_threads';

/** What a thread does, by the name of the request. */
export type Handlers = Readonly<Record<string, (argument: never) => Promise<unknown>>>;

export interface Request {
  readonly name: string;
  readonly argument: never;
}

/** Sent once the thread has loaded its script, then for each request. */
export type Reply = { readonly isReady: true } | { readonly value: never } | { readonly error: string };

/**
 * Serves the requests of a `RuntimeThread`; called once in the thread's script. Replies are copied: the runtime owns the
 * memory of its outputs, so it cannot be transferred.
 */
export function serveRequests(handlers: Handlers): void {
  parentPort?.on('message', async ({ name, argument }: Request) => {
    try {
      const handler = handlers[name];
      if (handler === undefined) throw new Error(`the thread has no handler for ${name}`);
      parentPort?.postMessage({ value: await handler(argument) });
    } catch (error) {
      parentPort?.postMessage({ error: error instanceof Error ? error.message : String(error) });
    }
  });
  parentPort?.postMessage({ isReady: true });
}

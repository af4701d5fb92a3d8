import { parentPort, workerData } from 'node:worker_threads';
import { ActivityFlag } from './activity-flag.ts';

/** What a thread does, by the name of the request. */
export type Handlers = Readonly<Record<string, (argument: never) => Promise<unknown>>>;

export interface Request {
  readonly name: string;
  readonly argument: never;
}

/** Sent once the thread has loaded its script, then for each request. */
export type Reply = { readonly isReady: true } | { readonly value: unknown } | { readonly error: string };

/**
 * Serves the requests of a `RuntimeThread`; called once in the thread's script. Replies are copied: the runtime owns the
 * memory of its outputs, so it cannot be transferred.
 */
export function serveRequests(handlers: Handlers): void {
  const activity = new ActivityFlag(workerData);
  parentPort?.on('message', async (request: Request) => {
    const reply = await replyTo(request, handlers);
    activity.end(); // before the reply, after which the next request begins
    parentPort?.postMessage(reply);
  });
  activity.end();
  parentPort?.postMessage({ isReady: true });
}

async function replyTo({ name, argument }: Request, handlers: Handlers): Promise<Reply> {
  try {
    const handler = handlers[name];
    if (handler === undefined) throw new Error(`the thread has no handler for ${name}`);
    return { value: await handler(argument) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

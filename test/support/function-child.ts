import { pathToFileURL } from 'node:url';

/** An event for the handler, and when the parent ends this process: milliseconds since 1970. */
export interface ChildInvocation {
  readonly event: unknown;
  readonly endsAt: number;
}

// The entry point of a function, called with a context as Lambda calls it. The module is the argument.
const [module = ''] = process.argv.slice(2);
const { handler } = await import(pathToFileURL(module).href);

process.on('message', async ({ event, endsAt }: ChildInvocation) => {
  const getRemainingTimeInMillis = () => endsAt - Date.now();
  const answer: unknown = await handler(event, {
    ...{ awsRequestId: 'request', functionName: 'function', getRemainingTimeInMillis },
  });
  process.send?.({ answer });
});
process.send?.('ready');

import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { Gallery } from '../gallery.ts';
import type { LiveState } from '../responses.ts';

const heartbeatMs = 20_000;

/** Pushes the state on connection and on every change (Server-Sent Events). */
export function eventRoutes({ live, info }: Pick<Gallery, 'live' | 'info'>, stopped: AbortSignal): Hono {
  return new Hono()
    .get('/info', (context) => context.json(info))
    .get('/events', (context) =>
      streamSSE(context, async (stream) => {
        const { promise: ended, resolve: end } = Promise.withResolvers<void>();
        const send = (state: LiveState) => stream.writeSSE({ event: 'state', data: JSON.stringify(state) });
        const unsubscribe = live.subscribe(send);
        // A silently broken connection is detected only by writing to it.
        const heartbeat = setInterval(() => stream.writeSSE({ event: 'beat', data: '' }), heartbeatMs);
        stream.onAbort(end);
        stopped.addEventListener('abort', () => end());
        await send(live.state);
        // Without subscribers, the state may be up to 30 s old.
        await live.refresh();
        if (!stopped.aborted) await ended;
        clearInterval(heartbeat);
        unsubscribe();
      }),
    );
}

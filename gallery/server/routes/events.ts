import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { Gallery } from '../gallery.ts';
import type { LiveState } from '../responses.ts';

const heartbeatMs = 20_000;

/** Pushes how the jobs stand, at once and at every change (Server-Sent Events). */
export function eventRoutes({ live, info }: Pick<Gallery, 'live' | 'info'>, stopped: AbortSignal): Hono {
  return new Hono()
    .get('/info', (context) => context.json(info))
    .get('/events', (context) =>
      streamSSE(context, async (stream) => {
        const { promise: ended, resolve: end } = Promise.withResolvers<void>();
        const tell = (state: LiveState) => stream.writeSSE({ event: 'state', data: JSON.stringify(state) });
        const unsubscribe = live.subscribe(tell);
        // A connection that broke without a word is found out by writing to it.
        const heartbeat = setInterval(() => stream.writeSSE({ event: 'beat', data: '' }), heartbeatMs);
        stream.onAbort(end);
        stopped.addEventListener('abort', () => end());
        await tell(live.state);
        // Nobody may have looked for a while.
        await live.refresh();
        if (!stopped.aborted) await ended;
        clearInterval(heartbeat);
        unsubscribe();
      }),
    );
}

import { setTimeout as delay } from 'node:timers/promises';
import type { LiveCatalogue } from '../../../gallery/server/catalogue/live-catalogue.ts';

const everyMs = 2000;
/** Listings of a bucket are billed. */
const unwatchedMs = 30_000;

/**
 * Reads the results anew as they grow, until it is told to stop. Where that takes long, as with a million images, it is
 * done less often, so that it never takes more than a quarter of the time.
 */
export async function watchResults(live: LiveCatalogue, stop: AbortSignal): Promise<void> {
  let pause = everyMs;
  let looked = performance.now();
  while (!stop.aborted) {
    await delay(pause, undefined, { signal: stop }).catch(() => undefined); // told to stop
    if (stop.aborted) return;
    const started = performance.now();
    if (live.isWatched || started - looked >= unwatchedMs) {
      await live.refresh();
      looked = performance.now();
    }
    pause = Math.max(everyMs, 3 * (performance.now() - started));
  }
}

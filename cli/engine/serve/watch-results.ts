import { setTimeout as delay } from 'node:timers/promises';
import type { LiveCatalogue } from '../../../gallery/server/catalogue/live-catalogue.ts';

const everyMs = 2000;
/** While no page is open: listings of a bucket are billed. */
const unwatchedMs = 30_000;

/**
 * Refreshes the results as they grow, until it is stopped. If a refresh takes long, as with a million images, it
 * happens less often: it takes at most a quarter of the time.
 */
export async function watchResults(live: LiveCatalogue, stop: AbortSignal): Promise<void> {
  let pause = everyMs;
  let refreshed = performance.now();
  while (!stop.aborted) {
    await delay(pause, undefined, { signal: stop }).catch(() => undefined); // stopped
    if (stop.aborted) return;
    const started = performance.now();
    if (live.hasSubscribers || started - refreshed >= unwatchedMs) {
      await live.refresh();
      refreshed = performance.now();
    }
    pause = Math.max(everyMs, 3 * (performance.now() - started));
  }
}

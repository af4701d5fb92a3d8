import { computed, signal } from '@preact/signals';
import type { GalleryInfo, LiveState } from '../../server/responses.ts';
import { getInfo, subscribe } from '../api.ts';

export const info = signal<GalleryInfo | null>(null);
export const live = signal<LiveState | null>(null);
export const isConnected = signal(true);
/** How often the connection was opened again; failed requests are then retried. */
export const reconnects = signal(0);
/** Version of the server's results; a new one makes every loaded image stale. */
export const version = computed(() => live.value?.version ?? 0);

export function startLiveUpdates(): void {
  subscribe(
    (state) => {
      live.value = state;
    },
    (isOpen) => {
      if (isOpen && !isConnected.value) reconnects.value += 1;
      isConnected.value = isOpen;
      if (isOpen && info.value === null) {
        getInfo().then(
          (answer) => {
            info.value = answer;
            document.title = `${answer.store} – Gallery`;
          },
          () => undefined, // retried on the next connection
        );
      }
    },
  );
}

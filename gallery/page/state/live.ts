import { computed, signal } from '@preact/signals';
import type { GalleryInfo, LiveState } from '../../server/responses.ts';
import { getInfo, subscribe } from '../api.ts';

export const info = signal<GalleryInfo | null>(null);
export const live = signal<LiveState | null>(null);
export const isConnected = signal(true);
/** Of the results that the server has now: another one means that everything may be different. */
export const version = computed(() => live.value?.version ?? 0);

export function startLiveUpdates(): void {
  subscribe(
    (state) => {
      live.value = state;
    },
    (isThere) => {
      isConnected.value = isThere;
      if (isThere && info.value === null) {
        getInfo().then(
          (answer) => {
            info.value = answer;
            document.title = `${answer.store} – Gallery`;
          },
          () => undefined, // the next connection asks again
        );
      }
    },
  );
}

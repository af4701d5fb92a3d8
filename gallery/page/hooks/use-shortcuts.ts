import { useEffect } from 'preact/hooks';
import { route } from '../state/route.ts';
import { endSearch, search } from '../state/search.ts';

/** Global shortcuts: `/` focuses the search field, Escape ends a search by image. */
export function useShortcuts(): void {
  useEffect(() => {
    const controller = new AbortController();
    addEventListener(
      'keydown',
      (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        if (event.key === '/' && !isTyping(event.target)) {
          event.preventDefault();
          document.getElementById('search')?.focus();
        }
        if (event.key === 'Escape' && search.value !== null && route.value.image === undefined) endSearch();
      },
      { signal: controller.signal },
    );
    return () => controller.abort();
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, select, textarea, dialog') !== null;
}

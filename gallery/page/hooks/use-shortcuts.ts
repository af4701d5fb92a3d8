import { useEffect } from 'preact/hooks';
import { route } from '../state/route.ts';
import { endSearch, search } from '../state/search.ts';

/** Keys that work anywhere: `/` goes to the search field, Escape ends a search by an image. */
export function useShortcuts(): void {
  useEffect(() => {
    const listening = new AbortController();
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
      { signal: listening.signal },
    );
    return () => listening.abort();
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, select, textarea, dialog') !== null;
}

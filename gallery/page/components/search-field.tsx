import { useRef } from 'preact/hooks';
import { navigate, route, setFilter } from '../state/route.ts';
import { endSearch } from '../state/search.ts';
import { Icon } from './icon.tsx';

const debounceMs = 150;

/** Searches names and labels while the user types. */
export function SearchField() {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const search = (text: string) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      endSearch();
      if (route.value.view === 'overview') navigate({ view: 'images' });
      setFilter({ text: text.trim() === '' ? undefined : text.trim() }, 'replace');
    }, debounceMs);
  };
  return (
    <search class="search">
      <label class="visually-hidden" for="search">
        Search names and labels
      </label>
      <Icon name="search" />
      <input
        id="search"
        type="search"
        placeholder="Search names and labels"
        autocomplete="off"
        spellcheck={false}
        enterkeyhint="search"
        defaultValue={route.value.filter.text ?? ''}
        key={route.value.filter.text === undefined ? 'empty' : 'filled'}
        onInput={({ currentTarget }) => search(currentTarget.value)}
      />
      <span class="key" aria-hidden="true">
        /
      </span>
    </search>
  );
}

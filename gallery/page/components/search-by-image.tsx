import { useRef } from 'preact/hooks';
import { startSearch } from '../state/search.ts';
import { Icon } from './icon.tsx';

/** Chooses a file to search for similar images; dropping or pasting it on the page does the same. */
export function SearchByImage() {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class="button" onClick={() => input.current?.click()}>
        <Icon name="image" />
        <span>Search by image</span>
      </button>
      <input
        ref={input}
        class="visually-hidden"
        type="file"
        accept="image/*"
        tabIndex={-1}
        aria-hidden="true"
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files ?? [];
          if (file !== undefined) void startSearch(file);
          currentTarget.value = '';
        }}
      />
    </>
  );
}

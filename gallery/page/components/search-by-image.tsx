import { useRef } from 'preact/hooks';
import { info } from '../state/live.ts';
import { overview } from '../state/overview.ts';
import { startSearch } from '../state/search.ts';
import { Icon } from './icon.tsx';

/** Chooses a file to search for similar images; dropping or pasting it on the page does the same. */
export function SearchByImage() {
  const input = useRef<HTMLInputElement>(null);
  if (info.value?.model === null) return <SearchIsOff />;
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

/** Explains how to switch the search on. */
function SearchIsOff() {
  const dialog = useRef<HTMLDialogElement>(null);
  const names = (overview.value?.models ?? []).map(({ name }) => name);
  const models = names.length === 0 ? '' : ` (${names.join(' or ')})`;
  return (
    <>
      <button type="button" class="quiet" onClick={() => dialog.current?.showModal()}>
        <Icon name="image" />
        <span>Search by image is off</span>
      </button>
      <dialog ref={dialog} class="note" aria-labelledby="search-is-off" closedby="any">
        <h2 id="search-is-off">Search by image is off</h2>
        <p>It needs the model of these results{models}. Start the server with it:</p>
        <code>{info.value?.commands.search}</code>
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </dialog>
    </>
  );
}

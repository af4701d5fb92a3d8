import { useRef } from 'preact/hooks';
import { route } from '../state/route.ts';
import { FilterPanel } from './filter-panel.tsx';
import { Icon } from './icon.tsx';

/** The filters on a phone: a button that opens a sheet at the bottom. */
export function FilterSheet() {
  const sheet = useRef<HTMLDialogElement>(null);
  const activeFilters = Object.keys(route.value.filter).filter((name) => name !== 'sort').length;
  return (
    <>
      <button type="button" onClick={() => sheet.current?.showModal()}>
        <Icon name="filter" />
        <span>Filters</span>
        {activeFilters > 0 ? <span class="badge">{activeFilters}</span> : null}
      </button>
      <dialog ref={sheet} class="sheet" aria-labelledby="filters-title" closedby="any">
        <div class="sheet-body">
          <div class="sheet-head">
            <h2 id="filters-title">Filters</h2>
            <button type="button" class="button" onClick={() => sheet.current?.close()}>
              Show images
            </button>
          </div>
          <FilterPanel />
        </div>
      </dialog>
    </>
  );
}

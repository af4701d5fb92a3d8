import { formatCount } from '../format.ts';
import { count, problem, retry } from '../state/image-window.ts';
import { info, live } from '../state/live.ts';
import { route } from '../state/route.ts';
import { Empty } from './empty.tsx';
import { FilterChips } from './filter-chips.tsx';
import { ImageGrid } from './image-grid.tsx';
import { SortChoice } from './sort-choice.tsx';

/** The filtered images. */
export function ImagesView() {
  const images = count.value;
  return (
    <>
      <div class="toolbar">
        <p role="status" class="count">
          {images === null ? 'Loading…' : formatCount(images, 'image')}
        </p>
        <FilterChips />
        <SortChoice />
      </div>
      {problem.value === null ? null : (
        <div class="notice" role="alert">
          {problem.value}{' '}
          <button type="button" class="button" onClick={retry}>
            Try again
          </button>
        </div>
      )}
      {images === 0 ? <NoImages /> : <ImageGrid count={images} />}
    </>
  );
}

function NoImages() {
  const isFiltered = Object.keys(route.value.filter).some((name) => name !== 'sort');
  if (isFiltered) return <Empty title="No matches" text="No image matches all filters." canClear />;
  if ((live.value?.images ?? 0) > 0) return null;
  const store = info.value?.store ?? 'store';
  return (
    <Empty title="No results yet" text="They appear here as soon as a run stores its first results.">
      <code>inception-batch run ./photos --model &lt;dir&gt; --store {store}</code>
    </Empty>
  );
}

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
          {images === null ? (problem.value === null ? 'Loading…' : 'Not loaded') : formatCount(images, 'image')}
        </p>
        <FilterChips />
        <SortChoice />
      </div>
      {problem.value === null || images === null ? null : (
        <div class="notice" role="alert">
          {problem.value}{' '}
          <button type="button" class="button" onClick={retry}>
            Try again
          </button>
        </div>
      )}
      <Images count={images} />
    </>
  );
}

function Images({ count: images }: { count: number | null }) {
  if (images === 0) return <NoImages />;
  // No placeholders if the images cannot be loaded.
  return images === null && problem.value !== null ? <NotLoaded text={problem.value} /> : <ImageGrid count={images} />;
}

function NotLoaded({ text }: { text: string }) {
  return (
    <Empty title="The images cannot be shown" text={text} canClear={isFiltered()}>
      <button type="button" class="button" onClick={retry}>
        Try again
      </button>
    </Empty>
  );
}

function isFiltered(): boolean {
  return Object.keys(route.value.filter).some((name) => name !== 'sort');
}

function NoImages() {
  if (isFiltered()) return <Empty title="No matches" text="No image matches all filters." canClear />;
  if ((live.value?.images ?? 0) > 0) return null;
  return (
    <Empty title="No results yet" text="They appear here as soon as a run stores its first results.">
      <code>{info.value?.commands.run}</code>
    </Empty>
  );
}

import { useEffect, useRef } from 'preact/hooks';
import { formatCount, formatPercent } from '../format.ts';
import { endSearch, type Search } from '../state/search.ts';
import { SimilarList } from './similar-list.tsx';

/** What a search by an image of the user's own found. */
export function SearchView({ search: { name, url, answer, error } }: { search: Search }) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), [url]);
  const [best] = answer?.top ?? [];
  return (
    <div class="scroller found">
      <div class="query-image">
        <img src={url} alt="" />
        <div>
          <h2 ref={title} tabIndex={-1}>
            Similar to {name}
          </h2>
          <p role="status">
            {answer === null
              ? error === null
                ? 'Searching…'
                : ''
              : formatCount(answer.images.length, 'similar image')}
            {best === undefined ? '' : `. The model takes it for ${best.label} (${formatPercent(best.probability)}).`}
          </p>
          <button type="button" class="button" onClick={endSearch}>
            Back to all images
          </button>
        </div>
      </div>
      {error === null ? null : (
        <p class="notice" role="alert">
          {error}
        </p>
      )}
      {answer === null ? null : <SimilarList images={answer.images} />}
    </div>
  );
}

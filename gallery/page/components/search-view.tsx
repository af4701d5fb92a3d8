import { useEffect, useRef } from 'preact/hooks';
import { formatCount, formatPercent, labelName } from '../format.ts';
import { endSearch, type Search } from '../state/search.ts';
import { SimilarList } from './similar-list.tsx';

/** The results of a search by image. */
export function SearchView({ search: { name, url, response, error } }: { search: Search }) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), [url]);
  const [best] = response?.top ?? [];
  return (
    <div class="scroller search-results">
      <div class="query-image">
        <img src={url} alt="" />
        <div>
          <h2 ref={title} tabIndex={-1}>
            Similar to {name}
          </h2>
          <p role="status">
            {response === null
              ? error === null
                ? 'Searching…'
                : ''
              : formatCount(response.images.length, 'similar image')}
            {best === undefined ? '' : `. Predicted label: ${labelName(best)} (${formatPercent(best.probability)}).`}
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
      {response === null ? null : <SimilarList images={response.images} />}
    </div>
  );
}

import { useEffect, useRef } from 'preact/hooks';
import { formatCount, formatPercent, labelName } from '../format.ts';
import { endSearch, type Search, showImages, showRegions } from '../state/search.ts';
import { PartForm } from './part-form.tsx';
import { QueryPicture } from './query-picture.tsx';
import { RegionTiles } from './region-tiles.tsx';
import { SimilarList } from './similar-list.tsx';

/** The results of a search by image: similar images, or the regions of images that are similar to it or to a part of it. */
export function SearchView({ search }: { search: Search }) {
  const { name, url, images, inRegions, regions, isRunning, error } = search;
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), [url]);
  return (
    <div class="scroller search-results">
      <div class="query-image">
        {inRegions ? <QueryPicture key={url} search={search} /> : <img src={url} alt="" />}
        <div>
          <h2 ref={title} tabIndex={-1}>
            Similar to {name}
          </h2>
          <p role="status">{statusOf(search)}</p>
          {images?.hasRegions ? (
            <fieldset class="search-kind">
              <legend class="visually-hidden">Search in</legend>
              <Kind text="Images" isChosen={!inRegions} onChoose={showImages} />
              <Kind text="Regions of images" isChosen={inRegions} onChoose={() => showRegions(search.box)} />
            </fieldset>
          ) : null}
          {inRegions ? <PartForm box={search.box} onWhole={() => title.current?.focus()} /> : null}
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
      {!inRegions && images !== null ? <SimilarList images={images.images} /> : null}
      {inRegions && regions !== null && error === null ? (
        <div aria-busy={isRunning}>
          <RegionTiles regions={regions.regions} />
        </div>
      ) : null}
    </div>
  );
}

interface KindProps {
  readonly text: string;
  readonly isChosen: boolean;
  onChoose(): Promise<void>;
}

function Kind({ text, isChosen, onChoose }: KindProps) {
  return (
    <label>
      <input type="radio" name="search-kind" checked={isChosen} onChange={() => void onChoose()} /> {text}
    </label>
  );
}

function statusOf({ images, inRegions, box, regions, isRunning, error }: Search): string {
  if (isRunning) return 'Searching…';
  const response = inRegions ? regions : images;
  if (response === null || error !== null) return '';
  const count = inRegions
    ? formatCount(regions?.regions.length ?? 0, 'similar region')
    : formatCount(images?.images.length ?? 0, 'similar image');
  const [best] = response.top;
  if (best === undefined) return count;
  const whose = inRegions && box !== undefined ? 'Predicted label of the part' : 'Predicted label';
  return `${count}. ${whose}: ${labelName(best)} (${formatPercent(best.probability)}).`;
}

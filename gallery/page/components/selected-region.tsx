import { useState } from 'preact/hooks';
import type { ImageRegion } from '../../server/responses.ts';
import { formatNumber, labelName } from '../format.ts';
import { filterWith } from '../state/route.ts';
import { RouteLink } from './route-link.tsx';
import { SimilarRegions } from './similar-regions.tsx';

/** The box of the selected region, and the searches that start from it. @param id of the image */
export function SelectedRegion({ id, region }: { id: string; region: ImageRegion }) {
  // Compares every region of the results, so it starts only when asked for.
  const [isSearched, setSearched] = useState(false);
  const { x, y, width, height, labelId } = region;
  return (
    <div class="selected-region">
      <p class="muted">
        {formatNumber(width)} × {formatNumber(height)} pixels at {formatNumber(x)}, {formatNumber(y)}
      </p>
      <div class="region-actions">
        {isSearched ? null : (
          <button type="button" class="button" onClick={() => setSearched(true)}>
            Find similar regions
          </button>
        )}
        <RouteLink class="button" to={{ image: undefined, view: 'images', filter: filterWith({ region: labelId }) }}>
          Images with {labelName(region)}
        </RouteLink>
      </div>
      {isSearched ? <SimilarRegions id={id} region={region.region} /> : null}
    </div>
  );
}

import type { SimilarRegion } from '../../server/responses.ts';
import { fileName, formatPercent, labelName } from '../format.ts';
import { RegionCrop } from './region-crop.tsx';
import { RouteLink } from './route-link.tsx';

/** Similar regions, most similar first, each with a link to its image. */
export function RegionTiles({ regions }: { regions: readonly SimilarRegion[] }) {
  return (
    <ol class="tiles">
      {regions.map((region) => (
        <li key={`${region.image.id} ${region.region}`}>
          <RouteLink class="tile" to={{ image: region.image.id, box: region.region }}>
            <RegionCrop region={region} />
            <span class="caption">
              <span class="caption-label" title={labelName(region)}>
                {labelName(region)}
              </span>{' '}
              <span class="number">{formatPercent(region.probability)}</span>
              <span class="caption-file" title={fileName(region.image.key)}>
                similarity {region.similarity.toFixed(2)}
              </span>
            </span>
          </RouteLink>
        </li>
      ))}
    </ol>
  );
}

import { useEffect, useState } from 'preact/hooks';
import type { SimilarRegion } from '../../server/responses.ts';
import { getSimilarRegions } from '../api.ts';
import { fileName, formatPercent, labelName } from '../format.ts';
import { RegionCrop } from './region-crop.tsx';
import { RouteLink } from './route-link.tsx';

/** The nearest regions of other images to a region. */
export function SimilarRegions({ id, region }: { id: string; region: number }) {
  const [regions, setRegions] = useState<readonly SimilarRegion[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    setRegions(null);
    setError(null);
    const request = new AbortController();
    getSimilarRegions(id, region, request.signal).then(
      (answer) => setRegions(answer.regions),
      (cause: unknown) => {
        if (!request.signal.aborted) setError(cause instanceof Error ? cause.message : String(cause));
      },
    );
    return () => request.abort();
  }, [id, region]);
  return (
    <div class="similar-regions">
      <h4>Similar regions</h4>
      {error === null ? null : (
        <p class="notice" role="alert">
          {error}
        </p>
      )}
      <p class="muted" role="status">
        {regions === null && error === null ? 'Comparing…' : ''}
        {regions?.length === 0 ? 'No other image has regions.' : ''}
      </p>
      <ol class="tiles">
        {regions?.map((hit) => (
          <li key={`${hit.image.id} ${hit.region}`}>
            <RouteLink class="tile" to={{ image: hit.image.id, box: hit.region }}>
              <RegionCrop region={hit} />
              <span class="caption">
                <span class="caption-label">{labelName(hit)}</span>{' '}
                <span class="number">{formatPercent(hit.probability)}</span>
                <span class="caption-file" title={fileName(hit.image.key)}>
                  similarity {hit.similarity.toFixed(2)}
                </span>
              </span>
            </RouteLink>
          </li>
        ))}
      </ol>
    </div>
  );
}

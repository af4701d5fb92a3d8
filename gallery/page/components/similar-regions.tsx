import { useEffect, useRef, useState } from 'preact/hooks';
import type { SimilarRegion } from '../../server/responses.ts';
import { getSimilarRegions } from '../api.ts';
import { RegionTiles } from './region-tiles.tsx';

/** The nearest regions of other images to a region. */
export function SimilarRegions({ id, region }: { id: string; region: number }) {
  const [regions, setRegions] = useState<readonly SimilarRegion[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  const title = useRef<HTMLHeadingElement>(null);
  // The button that started the search is gone, and with it the focus.
  useEffect(() => title.current?.focus(), []);
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
      <h4 ref={title} tabIndex={-1}>
        Similar regions
      </h4>
      {error === null ? null : (
        <p class="notice" role="alert">
          {error}
        </p>
      )}
      <p class="muted" role="status">
        {regions === null && error === null ? 'Comparing…' : ''}
        {regions?.length === 0 ? 'No other image has regions.' : ''}
      </p>
      {regions === null ? null : <RegionTiles regions={regions} />}
    </div>
  );
}

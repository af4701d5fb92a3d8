import { useEffect, useState } from 'preact/hooks';
import type { SimilarImage } from '../../server/responses.ts';
import { getSimilar } from '../api.ts';
import { SimilarList } from './similar-list.tsx';

/** The nearest images to one. */
export function SimilarStrip({ id, hasEmbedding }: { id: string; hasEmbedding: boolean }) {
  const [images, setImages] = useState<readonly SimilarImage[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    setImages(null);
    setError(null);
    if (!hasEmbedding) return;
    const request = new AbortController();
    getSimilar(id, request.signal).then(
      (answer) => setImages(answer.images),
      (cause: unknown) => {
        if (!request.signal.aborted) setError(cause instanceof Error ? cause.message : String(cause));
      },
    );
    return () => request.abort();
  }, [id, hasEmbedding]);
  if (!hasEmbedding) return null;
  return (
    <section>
      <h3>Similar images</h3>
      {error === null ? null : <p class="notice">{error}</p>}
      {images === null && error === null ? <p class="muted">Comparing…</p> : null}
      {images?.length === 0 ? <p class="muted">No similar images.</p> : null}
      {images === null || images.length === 0 ? null : <SimilarList images={images} />}
    </section>
  );
}

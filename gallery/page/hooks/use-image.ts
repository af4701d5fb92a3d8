import { useEffect, useState } from 'preact/hooks';
import type { ImageDetail } from '../../server/responses.ts';
import { getImage } from '../api.ts';
import { filterQuery } from '../state/route.ts';

/** The detail of an image; the previous one stays until it is loaded. */
export function useImage(id: string): { image: ImageDetail | null; error: string | null } {
  const [image, setImage] = useState<ImageDetail | null>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    const request = new AbortController();
    getImage(id, filterQuery.peek(), request.signal).then(
      (answer) => {
        setImage(answer);
        setError(null);
      },
      (cause: unknown) => {
        if (request.signal.aborted) return;
        setImage(null);
        setError(cause instanceof Error ? cause.message : String(cause));
      },
    );
    return () => request.abort();
  }, [id]);
  return { image, error };
}

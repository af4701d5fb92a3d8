import { useEffect, useState } from 'preact/hooks';
import type { ImageDetail } from '../../server/responses.ts';
import { getImage, RequestFailed } from '../api.ts';
import { reconnects } from '../state/live.ts';
import { filterQuery } from '../state/route.ts';

export interface ImageProblem {
  readonly text: string;
  /** Whether the results have no such image. */
  readonly isMissing: boolean;
}

/** The detail of an image; the previous one stays until it is loaded. */
export function useImage(id: string): { image: ImageDetail | null; error: ImageProblem | null } {
  const [image, setImage] = useState<ImageDetail | null>(null);
  const [error, setError] = useState<ImageProblem | null>(null);
  // Retried when the server is back.
  const attempt = error === null ? 0 : reconnects.value;
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
        const isMissing = cause instanceof RequestFailed && cause.status === 404;
        const text = cause instanceof Error ? cause.message : String(cause);
        setError({ isMissing, text: isMissing ? 'It is not in these results, or was classified again since.' : text });
      },
    );
    return () => request.abort();
  }, [id, attempt]);
  return { image, error };
}

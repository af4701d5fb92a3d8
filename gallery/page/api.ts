import type {
  ErrorResponse,
  GalleryInfo,
  ImageDetail,
  ImagesPage,
  LiveState,
  ObjectState,
  Overview,
  SearchResponse,
  SimilarImages,
} from '../server/responses.ts';

/** A failed request, with the server's message. */
export class RequestFailed extends Error {
  override readonly name = 'RequestFailed';
}

/** Response types by request. They are not validated: page and server are built together. */
interface Responses {
  readonly info: GalleryInfo;
  readonly images: ImagesPage;
  readonly overview: Overview;
  readonly image: ImageDetail;
  readonly object: ObjectState;
  readonly similar: SimilarImages;
  readonly search: SearchResponse;
}

async function request<K extends keyof Responses>(
  _kind: K,
  path: string,
  init: RequestInit = {},
): Promise<Responses[K]> {
  const response = await fetch(`/api/${path}`, init);
  if (response.ok) return response.json();
  const failure: ErrorResponse = await response
    .json()
    .catch(() => ({ error: `the server answered ${response.status}` }));
  throw new RequestFailed(failure.error);
}

export const getInfo = () => request('info', 'info');

/** @param query the filter as a query string */
export const getImages = (query: string, window: { offset: number; limit: number }, signal: AbortSignal) =>
  request('images', `images?offset=${window.offset}&limit=${window.limit}&${query}`, { signal });

export const getOverview = (query: string, signal: AbortSignal) => request('overview', `overview?${query}`, { signal });

export const getImage = (id: string, query: string, signal: AbortSignal) =>
  request('image', `images/${id}?${query}`, { signal });

export const getObject = (id: string, signal: AbortSignal) => request('object', `images/${id}/object`, { signal });

export const getSimilar = (id: string, signal: AbortSignal) => request('similar', `images/${id}/similar`, { signal });

export const searchByImage = (image: Blob, signal: AbortSignal) =>
  request('search', 'similar', {
    method: 'POST',
    body: image,
    headers: { 'content-type': 'application/octet-stream' },
    signal,
  });

export const thumbnail = (id: string, size: 'tile' | 'dense' | 'large') => `/thumbnails/${id}/${size}`;

/** Reports every pushed state, and whether the connection is open; the browser reconnects by itself. */
export function subscribe(onState: (state: LiveState) => void, onConnection: (isConnected: boolean) => void): void {
  const events = new EventSource('/api/events');
  events.addEventListener('state', ({ data }) => onState(JSON.parse(data)));
  events.addEventListener('open', () => onConnection(true));
  events.addEventListener('error', () => onConnection(false));
}

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

/** The server's own words about why it did not answer. */
export class RequestFailed extends Error {
  override readonly name = 'RequestFailed';
}

/** What the server answers to, by path; both are made from one repository. */
interface Answers {
  readonly info: GalleryInfo;
  readonly images: ImagesPage;
  readonly overview: Overview;
  readonly image: ImageDetail;
  readonly object: ObjectState;
  readonly similar: SimilarImages;
  readonly search: SearchResponse;
}

async function ask<K extends keyof Answers>(_kind: K, path: string, init: RequestInit = {}): Promise<Answers[K]> {
  const response = await fetch(`/api/${path}`, init);
  if (response.ok) return response.json();
  const refusal: ErrorResponse = await response
    .json()
    .catch(() => ({ error: `the server answered ${response.status}` }));
  throw new RequestFailed(refusal.error);
}

export const getInfo = () => ask('info', 'info');

/** @param query of the filter, as in the page's address */
export const getImages = (query: string, window: { offset: number; limit: number }, signal: AbortSignal) =>
  ask('images', `images?offset=${window.offset}&limit=${window.limit}&${query}`, { signal });

export const getOverview = (query: string, signal: AbortSignal) => ask('overview', `overview?${query}`, { signal });

export const getImage = (id: string, query: string, signal: AbortSignal) =>
  ask('image', `images/${id}?${query}`, { signal });

export const getObject = (id: string, signal: AbortSignal) => ask('object', `images/${id}/object`, { signal });

export const getSimilar = (id: string, signal: AbortSignal) => ask('similar', `images/${id}/similar`, { signal });

export const searchByImage = (image: Blob, signal: AbortSignal) =>
  ask('search', 'similar', {
    method: 'POST',
    body: image,
    headers: { 'content-type': 'application/octet-stream' },
    signal,
  });

export const thumbnail = (id: string, size: 'tile' | 'dense' | 'large') => `/thumbnails/${id}/${size}`;

/** Calls back with every state that is pushed, and whether there is a connection; the browser connects again by itself. */
export function subscribe(onState: (state: LiveState) => void, onConnection: (isThere: boolean) => void): void {
  const events = new EventSource('/api/events');
  events.addEventListener('state', ({ data }) => onState(JSON.parse(data)));
  events.addEventListener('open', () => onConnection(true));
  events.addEventListener('error', () => onConnection(false));
}

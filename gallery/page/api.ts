import type { Box } from '../../shared/regions/region.ts';
import type {
  ErrorResponse,
  GalleryInfo,
  ImageDetail,
  ImagesPage,
  LiveState,
  ObjectChanges,
  ObjectState,
  Overview,
  RegionSearchResponse,
  SearchResponse,
  SimilarImages,
  SimilarRegions,
} from '../server/responses.ts';

/** A failed request, with the server's message. */
export class RequestFailed extends Error {
  override readonly name = 'RequestFailed';
  /** Of the response; 0 if the server did not respond. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** Response types by request. They are not validated: page and server are built together. */
interface Responses {
  readonly info: GalleryInfo;
  readonly images: ImagesPage;
  readonly overview: Overview;
  readonly image: ImageDetail;
  readonly object: ObjectState;
  readonly changes: ObjectChanges;
  readonly similar: SimilarImages;
  readonly similarRegions: SimilarRegions;
  readonly search: SearchResponse;
  readonly regionSearch: RegionSearchResponse;
}

async function request<K extends keyof Responses>(
  _kind: K,
  path: string,
  init: RequestInit = {},
): Promise<Responses[K]> {
  const response = await fetch(`/api/${path}`, init).catch((error: unknown) => {
    if (init.signal?.aborted) throw error;
    throw new RequestFailed('The server does not respond.', 0);
  });
  if (response.ok) return response.json();
  const failure: ErrorResponse = await response
    .json()
    .catch(() => ({ error: `the server answered ${response.status}` }));
  throw new RequestFailed(failure.error, response.status);
}

export const getInfo = () => request('info', 'info');

/** @param query the filter as a query string */
export const getImages = (query: string, window: { offset: number; limit: number }, signal: AbortSignal) =>
  request('images', `images?offset=${window.offset}&limit=${window.limit}&${query}`, { signal });

export const getOverview = (query: string, signal: AbortSignal) => request('overview', `overview?${query}`, { signal });

export const getImage = (id: string, query: string, signal: AbortSignal) =>
  request('image', `images/${id}?${query}`, { signal });

export const getObject = (id: string, signal: AbortSignal) => request('object', `images/${id}/object`, { signal });

export const getChanges = (ids: readonly string[]) => request('changes', `changes?ids=${ids.join(',')}`);

export const getSimilar = (id: string, signal: AbortSignal) => request('similar', `images/${id}/similar`, { signal });

/** @param region number in the list of the image, from 1 */
export const getSimilarRegions = (id: string, region: number, signal: AbortSignal) =>
  request('similarRegions', `images/${id}/regions/${region}/similar`, { signal });

const upload = (body: Blob, signal: AbortSignal): RequestInit => ({
  ...{ method: 'POST', body, signal },
  headers: { 'content-type': 'application/octet-stream' },
});

export const searchByImage = (image: Blob, signal: AbortSignal) => request('search', 'similar', upload(image, signal));

/** @param box the part of the image to search for, in pixels of the upright image; undefined for all of it */
export const searchRegions = (image: Blob, box: Box | undefined, signal: AbortSignal) =>
  request('regionSearch', `similar-regions${box === undefined ? '' : `?box=${boxText(box)}`}`, upload(image, signal));

const boxText = ({ x, y, width, height }: Box) => [x, y, width, height].join();

export const thumbnail = (id: string, size: 'tile' | 'dense' | 'large') => `/thumbnails/${id}/${size}`;

/** After an answer that is not a stream, as of another server on the same port, the browser does not reconnect. */
const reconnectMs = 3000;

/** Reports every pushed state, and whether the connection is open; it is opened again when it is lost. */
export function subscribe(onState: (state: LiveState) => void, onConnection: (isConnected: boolean) => void): void {
  const events = new EventSource('/api/events');
  events.addEventListener('state', ({ data }) => onState(JSON.parse(data)));
  events.addEventListener('open', () => onConnection(true));
  events.addEventListener('error', () => {
    onConnection(false);
    if (events.readyState === EventSource.CLOSED) setTimeout(() => subscribe(onState, onConnection), reconnectMs);
  });
}

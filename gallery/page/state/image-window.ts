import { effect, signal } from '@preact/signals';
import type { ImageItem } from '../../server/responses.ts';
import { getImages } from '../api.ts';
import { version } from './live.ts';
import { filterQuery } from './route.ts';

const pageSize = 120;
/** Pages kept around those that are seen. */
const keptPages = 24;

/** How many images the filter leaves; null until the server has said so. */
export const count = signal<number | null>(null);
/** Why images could not be had. */
export const problem = signal<string | null>(null);

interface Page {
  readonly images: readonly ImageItem[];
  /** Another filter's page is never shown, an older version's is until the new one is there. */
  isStale: boolean;
}

const pages = new Map<number, Page>();
const asked = new Map<number, AbortController>();
const changes = signal(0);
let seen = { first: 0, last: 0 };
/** Pages of the image that is looked at closely and of those beside it, wherever the grid is. */
let opened: { readonly first: number; readonly last: number } | undefined;

/** The image at a place of the order, if it is here already; components that call this are rendered when it comes. */
export function imageAt(index: number): ImageItem | undefined {
  changes.value;
  return pages.get(Math.floor(index / pageSize))?.images[index % pageSize];
}

/** Fetches what is not here of the images that are seen, and no longer what was asked for elsewhere. */
export function showRange(first: number, last: number): void {
  seen = { first: Math.floor(first / pageSize), last: Math.floor(last / pageSize) };
  fetchSeen();
}

/** Fetches what lies beside an image that is looked at closely, at a place of the order; null once none is. */
export function prefetchAround(index: number | null): void {
  opened =
    index === null
      ? undefined
      : { first: Math.floor(Math.max(index - 1, 0) / pageSize), last: Math.floor((index + 1) / pageSize) };
  fetchSeen();
}

function fetchSeen(): void {
  for (const [page, request] of asked) {
    if (isSeen(page)) continue;
    request.abort();
    asked.delete(page);
  }
  for (const { first, last } of opened ? [seen, opened] : [seen]) {
    for (let page = first; page <= last; page += 1) {
      if ((pages.get(page)?.isStale ?? true) && !asked.has(page)) void fetchPage(page);
    }
  }
  for (const page of pages.keys()) {
    const isNear = page >= seen.first - keptPages && page <= seen.last + keptPages;
    if (!isNear && !isSeen(page)) pages.delete(page);
  }
}

function isSeen(page: number): boolean {
  const isWithin = ({ first, last }: { first: number; last: number }) => page >= first && page <= last;
  return isWithin(seen) || (opened !== undefined && isWithin(opened));
}

async function fetchPage(page: number): Promise<void> {
  const request = new AbortController();
  asked.set(page, request);
  try {
    const window = { offset: page * pageSize, limit: pageSize };
    const answer = await getImages(filterQuery.peek(), window, request.signal);
    pages.set(page, { images: answer.images, isStale: false });
    count.value = answer.count;
    problem.value = null;
    changes.value += 1;
  } catch (error) {
    if (!request.signal.aborted) problem.value = error instanceof Error ? error.message : String(error);
  } finally {
    if (asked.get(page) === request) asked.delete(page);
  }
}

function refetch(): void {
  for (const request of asked.values()) request.abort();
  asked.clear();
  fetchSeen();
}

export function retry(): void {
  problem.value = null;
  refetch();
}

export function startWindow(): void {
  effect(() => {
    filterQuery.value;
    pages.clear();
    count.value = null;
    seen = { first: 0, last: 0 };
    refetch();
  });
  effect(() => {
    if (version.value === 0) return;
    for (const page of pages.values()) page.isStale = true;
    refetch();
  });
}

import { effect, signal } from '@preact/signals';
import type { ImageItem } from '../../server/responses.ts';
import { getImages } from '../api.ts';
import { reconnects, version } from './live.ts';
import { filterQuery } from './route.ts';

const pageSize = 120;
/** Pages cached before and after the visible ones. */
const cachedPages = 24;

/** Number of filtered images; null until loaded. */
export const count = signal<number | null>(null);
/** Why images could not be loaded. */
export const problem = signal<string | null>(null);

interface Page {
  readonly images: readonly ImageItem[];
  /** Of an older results version: shown until the new page is loaded. */
  isStale: boolean;
}

const pages = new Map<number, Page>();
const requests = new Map<number, AbortController>();
const changes = signal(0);
let visible = { first: 0, last: 0 };
/** Pages of the opened image and its neighbors, which may be far from the visible ones. */
let opened: { readonly first: number; readonly last: number } | undefined;

/** The image at an index, if loaded; calling components are rendered again when it is loaded. */
export function imageAt(index: number): ImageItem | undefined {
  changes.value;
  return pages.get(Math.floor(index / pageSize))?.images[index % pageSize];
}

/** Loads the visible images, and cancels requests for images that are no longer needed. */
export function showRange(first: number, last: number): void {
  visible = { first: Math.floor(first / pageSize), last: Math.floor(last / pageSize) };
  fetchNeeded();
}

/** Loads the neighbors of the opened image; null if none is open. */
export function prefetchAround(index: number | null): void {
  opened =
    index === null
      ? undefined
      : { first: Math.floor(Math.max(index - 1, 0) / pageSize), last: Math.floor((index + 1) / pageSize) };
  fetchNeeded();
}

function fetchNeeded(): void {
  for (const [page, request] of requests) {
    if (isNeeded(page)) continue;
    request.abort();
    requests.delete(page);
  }
  for (const { first, last } of opened ? [visible, opened] : [visible]) {
    for (let page = first; page <= last; page += 1) {
      if ((pages.get(page)?.isStale ?? true) && !requests.has(page)) void fetchPage(page);
    }
  }
  for (const page of pages.keys()) {
    const isNear = page >= visible.first - cachedPages && page <= visible.last + cachedPages;
    if (!isNear && !isNeeded(page)) pages.delete(page);
  }
}

function isNeeded(page: number): boolean {
  const isWithin = ({ first, last }: { first: number; last: number }) => page >= first && page <= last;
  return isWithin(visible) || (opened !== undefined && isWithin(opened));
}

async function fetchPage(page: number): Promise<void> {
  const request = new AbortController();
  requests.set(page, request);
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
    if (requests.get(page) === request) requests.delete(page);
  }
}

function refetch(): void {
  for (const request of requests.values()) request.abort();
  requests.clear();
  fetchNeeded();
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
    visible = { first: 0, last: 0 };
    refetch();
  });
  effect(() => {
    reconnects.value;
    if (problem.peek() !== null) retry();
  });
  effect(() => {
    if (version.value === 0) return;
    for (const page of pages.values()) page.isStale = true;
    refetch();
  });
}

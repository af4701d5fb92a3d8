import { effect, signal } from '@preact/signals';
import type { ImageItem } from '../../gallery/answers.ts';
import { getImages } from '../api.ts';
import { version } from './live.ts';
import { filterQuery } from './place.ts';

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

/** The image at a place of the order, if it is here already; components that call this are rendered when it comes. */
export function imageAt(index: number): ImageItem | undefined {
  changes.value;
  return pages.get(Math.floor(index / pageSize))?.images[index % pageSize];
}

/** Fetches what is not here of the images that are seen, and no longer what was asked for elsewhere. */
export function see(first: number, last: number): void {
  seen = { first: Math.floor(first / pageSize), last: Math.floor(last / pageSize) };
  for (const [page, request] of asked) if (!isSeen(page)) request.abort();
  for (let page = seen.first; page <= seen.last; page += 1) {
    if ((pages.get(page)?.isStale ?? true) && !asked.has(page)) void fetchPage(page);
  }
  for (const page of pages.keys()) {
    if (page < seen.first - keptPages || page > seen.last + keptPages) pages.delete(page);
  }
}

function isSeen(page: number): boolean {
  return page >= seen.first && page <= seen.last;
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

function askAnew(): void {
  for (const request of asked.values()) request.abort();
  asked.clear();
  see(seen.first * pageSize, seen.last * pageSize);
}

export function tryAgain(): void {
  problem.value = null;
  askAnew();
}

export function startWindow(): void {
  effect(() => {
    filterQuery.value;
    pages.clear();
    count.value = null;
    seen = { first: 0, last: 0 };
    askAnew();
  });
  effect(() => {
    if (version.value === 0) return;
    for (const page of pages.values()) page.isStale = true;
    askAnew();
  });
}

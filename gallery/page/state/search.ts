import { signal } from '@preact/signals';
import type { Box } from '../../../shared/regions/region.ts';
import type { RegionSearchResponse, SearchResponse } from '../../server/responses.ts';
import { searchByImage, searchRegions } from '../api.ts';

/** A search by image. */
export interface Search {
  readonly file: File;
  readonly name: string;
  /** Object URL of the query image. */
  readonly url: string;
  /** The similar images; null before they are found. */
  readonly images: SearchResponse | null;
  /** Whether the regions of images are shown instead of images. */
  readonly inRegions: boolean;
  /** The part of the query image that regions are compared with; undefined for all of it. */
  readonly box: Box | undefined;
  /** The latest similar regions; null before the first are found. */
  readonly regions: RegionSearchResponse | null;
  readonly isRunning: boolean;
  readonly error: string | null;
}

export const search = signal<Search | null>(null);
let request: AbortController | undefined;

export async function startSearch(file: File): Promise<void> {
  endSearch();
  const name = file.name === '' ? 'pasted image' : file.name;
  const nothing = { images: null, inRegions: false, box: undefined, regions: null, isRunning: false, error: null };
  search.value = { file, name, url: URL.createObjectURL(file), ...nothing };
  await showImages();
}

/** Shows the images that are similar to the query image. */
export function showImages(): Promise<void> {
  const found = search.value?.images ?? null;
  return run({ inRegions: false }, async ({ file }, stop) => ({ images: found ?? (await searchByImage(file, stop)) }));
}

/** Shows the regions that are similar to the query image. @param box a part of it */
export function showRegions(box?: Box): Promise<void> {
  return run({ inRegions: true, box }, async ({ file }, stop) => ({ regions: await searchRegions(file, box, stop) }));
}

async function run(
  changes: Partial<Search>,
  find: (search: Search, signal: AbortSignal) => Promise<Partial<Search>>,
): Promise<void> {
  request?.abort();
  const controller = new AbortController();
  request = controller;
  change({ ...changes, isRunning: true, error: null });
  if (search.value === null) return;
  const outcome = await find(search.value, controller.signal).catch(
    (error: unknown): Partial<Search> => ({ error: error instanceof Error ? error.message : String(error) }),
  );
  if (!controller.signal.aborted) change({ ...outcome, isRunning: false });
}

function change(changes: Partial<Search>): void {
  if (search.value !== null) search.value = { ...search.value, ...changes };
}

export function endSearch(): void {
  request?.abort();
  if (search.value !== null) URL.revokeObjectURL(search.value.url);
  search.value = null;
}

import { signal } from '@preact/signals';
import type { SearchResponse } from '../../server/responses.ts';
import { searchByImage } from '../api.ts';

/** A search by image. */
export interface Search {
  readonly name: string;
  /** Object URL of the query image. */
  readonly url: string;
  /** Null while the search is running, or if it failed. */
  readonly response: SearchResponse | null;
  readonly error: string | null;
}

export const search = signal<Search | null>(null);
let request: AbortController | undefined;

export async function startSearch(file: File): Promise<void> {
  endSearch();
  const controller = new AbortController();
  request = controller;
  const query = { name: file.name === '' ? 'pasted image' : file.name, url: URL.createObjectURL(file) };
  search.value = { ...query, response: null, error: null };
  try {
    const response = await searchByImage(file, controller.signal);
    if (!controller.signal.aborted) search.value = { ...query, response, error: null };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (!controller.signal.aborted) search.value = { ...query, response: null, error: message };
  }
}

export function endSearch(): void {
  request?.abort();
  if (search.value !== null) URL.revokeObjectURL(search.value.url);
  search.value = null;
}

import { signal } from '@preact/signals';
import type { SearchResponse } from '../../server/responses.ts';
import { searchByImage } from '../api.ts';

/** A search by an image that the user gave. */
export interface Search {
  readonly name: string;
  /** Of the image in the page's memory. */
  readonly url: string;
  /** Null while it is under way. */
  readonly answer: SearchResponse | null;
  readonly error: string | null;
}

export const search = signal<Search | null>(null);
let request: AbortController | undefined;

export async function startSearch(file: File): Promise<void> {
  endSearch();
  const own = new AbortController();
  request = own;
  const begun = { name: file.name === '' ? 'pasted image' : file.name, url: URL.createObjectURL(file) };
  search.value = { ...begun, answer: null, error: null };
  try {
    const answer = await searchByImage(file, own.signal);
    if (!own.signal.aborted) search.value = { ...begun, answer, error: null };
  } catch (error) {
    const told = error instanceof Error ? error.message : String(error);
    if (!own.signal.aborted) search.value = { ...begun, answer: null, error: told };
  }
}

export function endSearch(): void {
  request?.abort();
  if (search.value !== null) URL.revokeObjectURL(search.value.url);
  search.value = null;
}

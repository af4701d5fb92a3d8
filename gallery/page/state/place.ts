import { computed, signal } from '@preact/signals';

export const views = ['images', 'overview', 'failures'] as const;
export type View = (typeof views)[number];

/** What one can filter by, named as in the address and for the server. */
export const filterNames = ['text', 'label', 'job', 'status', 'reason', 'model', 'min', 'sort'] as const;
export type FilterName = (typeof filterNames)[number];
export type Filter = { readonly [name in FilterName]?: string | undefined };

/** Where the user is: all of it is in the page's address, so that it can be shared and gone back to. */
export interface Place {
  readonly view: View;
  readonly filter: Filter;
  /** Id of the image whose detail is open. */
  readonly image: string | undefined;
}

export const place = signal(placeOf(location.search));
/** The filter as the server is asked with it. */
export const filterQuery = computed(() => queryOf(place.value.filter).toString());

addEventListener('popstate', () => {
  place.value = placeOf(location.search);
});

/** Goes somewhere; what is not said stays as it is. @param how `replace` leaves nothing to go back to */
export function go(changes: Partial<Place>, how: 'push' | 'replace' = 'push'): void {
  const next = { ...place.value, ...changes };
  if (how === 'push') history.pushState(null, '', hrefOf(next));
  else history.replaceState(history.state, '', hrefOf(next));
  place.value = next;
}

/** Changes the filter; a value of undefined asks no longer. */
export function filterBy(changes: Filter, how: 'push' | 'replace' = 'push'): void {
  go({ filter: filterWith(changes) }, how);
}

export function filterWith(changes: Filter): Filter {
  const merged = Object.entries({ ...place.value.filter, ...changes });
  return Object.fromEntries(merged.filter(([, value]) => value !== undefined && value !== ''));
}

export function hrefOf(changes: Partial<Place>): string {
  const { view, filter, image } = { ...place.value, ...changes };
  const query = queryOf(filter);
  if (view !== 'images') query.set('view', view);
  if (image !== undefined) query.set('image', image);
  const text = query.toString();
  return text === '' ? '/' : `/?${text}`;
}

function queryOf(filter: Filter): URLSearchParams {
  const pairs = filterNames.flatMap((name) => {
    const value = filter[name];
    return value === undefined ? [] : [[name, value]];
  });
  return new URLSearchParams(pairs);
}

function placeOf(search: string): Place {
  const query = new URLSearchParams(search);
  const pairs = filterNames.flatMap((name) => {
    const value = query.get(name);
    return value === null || value === '' ? [] : [[name, value]];
  });
  const view = views.find((name) => name === query.get('view')) ?? 'images';
  return { view, filter: Object.fromEntries(pairs), image: query.get('image') ?? undefined };
}

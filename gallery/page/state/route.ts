import { computed, signal } from '@preact/signals';
import {
  type FilterName,
  filterValues,
  isFilterName,
  maxTextLength,
  sortOrders,
  statuses,
} from '../../server/filter-values.ts';

export const views = ['images', 'overview', 'failures'] as const;
export type View = (typeof views)[number];

/** Filter names, as in the address and in requests to the server. */
export const filterNames = Object.keys(filterValues).filter(isFilterName);
export type Filter = { readonly [name in FilterName]?: string | undefined };

/** The view, filter and open image. They are stored in the address, so that links and the Back button work. */
export interface Route {
  readonly view: View;
  readonly filter: Filter;
  /** Id of the open image. */
  readonly image: string | undefined;
  /** Number of the selected region of the open image, from 1. */
  readonly box: number | undefined;
}

/** A part of the address that the page cannot use. */
export interface IgnoredPart {
  /** `name=value`. */
  readonly text: string;
  /** What is wrong, or what to give. */
  readonly advice: string;
}

const parsed = parseAddress(location);
export const route = signal(parsed.route);
export const ignored = signal<readonly IgnoredPart[]>(parsed.ignored);
/** The filter as a query string for the server. */
export const filterQuery = computed(() => queryOf(route.value.filter).toString());

addEventListener('popstate', () => {
  const address = parseAddress(location);
  route.value = address.route;
  ignored.value = address.ignored;
});

/** State of a history entry that opened an image: the entry before it is the same view without it. */
const openedHere = 'image';

/**
 * Changes parts of the route. An open image has one history entry: the images opened from it replace it.
 * @param mode `replace` adds no entry to the browser's history
 */
export function navigate(changes: Partial<Route>, mode: 'push' | 'replace' = 'push'): void {
  const next = changed(changes);
  const opens = next.image !== undefined && route.value.image === undefined;
  if (mode === 'replace' || (next.image !== undefined && !opens)) {
    history.replaceState(history.state, '', hrefOf(next));
  } else {
    history.pushState(opens ? openedHere : null, '', hrefOf(next));
  }
  route.value = next;
  ignored.value = [];
}

/** Closes the open image as the Back button does, so that no history entry is left. An image from a link has no entry before it. */
export function closeImage(): void {
  if (route.value.image === undefined) return;
  if (history.state === openedHere) history.back();
  else navigate({ image: undefined }, 'replace');
}

/** Changes parts of the filter; undefined removes a filter. */
export function setFilter(changes: Filter, mode: 'push' | 'replace' = 'push'): void {
  navigate({ filter: filterWith(changes) }, mode);
}

export function filterWith(changes: Filter): Filter {
  const merged = Object.entries({ ...route.value.filter, ...changes });
  return Object.fromEntries(merged.filter(([, value]) => value !== undefined && value !== ''));
}

export function hrefOf(changes: Partial<Route>): string {
  const { view, filter, image, box } = changed(changes);
  const query = queryOf(filter);
  if (view !== 'images') query.set('view', view);
  if (image !== undefined) query.set('image', image);
  if (box !== undefined) query.set('box', String(box));
  const text = query.toString();
  return text === '' ? '/' : `/?${text}`;
}

/** A region is selected in one image. */
function changed(changes: Partial<Route>): Route {
  const kept = 'image' in changes ? { ...route.value, box: undefined } : route.value;
  return { ...kept, ...changes };
}

function queryOf(filter: Filter): URLSearchParams {
  const pairs = filterNames.flatMap((name) => {
    const value = filter[name];
    return value === undefined ? [] : [[name, value]];
  });
  return new URLSearchParams(pairs);
}

/** Whether the server accepts a filter. */
function isFilter(name: FilterName, value: string): boolean {
  if (name === 'status') return statuses.some((status) => status === value);
  if (name === 'sort') return sortOrders.some((order) => order === value);
  if (name === 'min') return Number(value) >= 0 && Number(value) <= 1;
  return value.length <= maxTextLength && !value.includes('\0');
}

function parseAddress({ search, hash }: Location): { readonly route: Route; readonly ignored: readonly IgnoredPart[] } {
  const left = new Map(new URLSearchParams(search));
  const take = <T extends string>(name: string, isKnown: (value: string) => value is T): T | undefined => {
    const value = left.get(name);
    if (value === undefined || !(value === '' || isKnown(value))) return undefined;
    left.delete(name);
    return value === '' ? undefined : value;
  };
  const filter = filterNames.map((name) => [name, take(name, (value): value is string => isFilter(name, value))]);
  const image = take('image', (value): value is string => /^[0-9a-f]{16}$/.test(value));
  const box = take('box', (value): value is string => image !== undefined && /^[1-9]\d{0,3}$/.test(value));
  const route: Route = {
    view: take('view', (value): value is View => views.some((view) => view === value)) ?? 'images',
    filter: Object.fromEntries(filter.filter(([, value]) => value !== undefined)),
    image,
    box: box === undefined ? undefined : Number(box),
  };
  const unknown = [...left].map(([name, value]) => ({ text: shortened(`${name}=${value}`), advice: adviceFor(name) }));
  const fragment = { text: shortened(hash), advice: 'unknown part of the address' };
  return { route, ignored: hash.startsWith('#/') && hash !== '#/' ? [...unknown, fragment] : unknown };
}

function adviceFor(name: string): string {
  if (isFilterName(name)) return `give ${filterValues[name]}`;
  if (name === 'view') return `give ${views.join(', ')}`;
  if (name === 'image') return 'not the id of an image';
  if (name === 'box') return 'give the number of a region of the open image';
  return `unknown filter; the filters are ${filterNames.join(', ')}`;
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

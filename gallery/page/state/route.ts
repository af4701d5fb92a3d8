import { computed, signal } from '@preact/signals';

export const views = ['images', 'overview', 'failures'] as const;
export type View = (typeof views)[number];

/** Filter names, as in the address and in requests to the server. */
export const filterNames = ['text', 'label', 'job', 'status', 'reason', 'model', 'min', 'sort'] as const;
export type FilterName = (typeof filterNames)[number];
export type Filter = { readonly [name in FilterName]?: string | undefined };

/** The view, filter and open image. They are stored in the address, so that links and the Back button work. */
export interface Route {
  readonly view: View;
  readonly filter: Filter;
  /** Id of the open image. */
  readonly image: string | undefined;
}

export const route = signal(parseRoute(location.search));
/** The filter as a query string for the server. */
export const filterQuery = computed(() => queryOf(route.value.filter).toString());

addEventListener('popstate', () => {
  route.value = parseRoute(location.search);
});

/** Changes parts of the route. @param mode `replace` adds no entry to the browser's history */
export function navigate(changes: Partial<Route>, mode: 'push' | 'replace' = 'push'): void {
  const next = { ...route.value, ...changes };
  if (mode === 'push') history.pushState(null, '', hrefOf(next));
  else history.replaceState(history.state, '', hrefOf(next));
  route.value = next;
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
  const { view, filter, image } = { ...route.value, ...changes };
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

function parseRoute(search: string): Route {
  const query = new URLSearchParams(search);
  const pairs = filterNames.flatMap((name) => {
    const value = query.get(name);
    return value === null || value === '' ? [] : [[name, value]];
  });
  const view = views.find((name) => name === query.get('view')) ?? 'images';
  return { view, filter: Object.fromEntries(pairs), image: query.get('image') ?? undefined };
}

/**
 * Where everything lies in a store, be it a folder or a bucket. The only place that spells these names:
 * the command line, the handlers and the infrastructure take them from here.
 */
export const resultsPrefix = 'results/';

/**
 * Key of an immutable part of the results.
 * @param time when it is written; parts of a day lie together
 * @param unique what no other writer uses, for example a UUID
 */
export function partKey(time: Date, unique: string): string {
  const stamp = time.toISOString();
  return `${resultsPrefix}date=${stamp.slice(0, 10)}/${stamp.replaceAll(/[-:.]/g, '')}-${unique}.parquet`;
}

/** Key under a prefix as people write it: with or without a slash at the end. */
export function underPrefix(prefix: string, key: string): string {
  if (prefix === '' || prefix.endsWith('/')) return prefix + key;
  return `${prefix}/${key}`;
}

/** Job of an upload that came without one: the first folder of its key, or `default` at the top of the bucket. */
export function jobOfKey(key: string): string {
  const slash = key.indexOf('/');
  return slash > 0 ? key.slice(0, slash) : 'default';
}

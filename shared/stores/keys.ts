/**
 * Where everything lies in a store, be it a folder or a bucket. The only place that spells these names:
 * the command line, the handlers and the infrastructure take them from here.
 */
export const resultsPrefix = 'results/';
/** Written by whoever wants to know whether results can be; hidden from listings like any name with a dot. */
export const writeProbeKey = `${resultsPrefix}.writable`;
/** Objects that hold the crops of several images, on their way to the classifier. */
export const packedPrefix = 'packed/';

/** What is known of jobs: lists of their images, and what is written once the last of these is accounted for. */
export const jobsPrefix = 'jobs/';

/** Folder of one job; a name may hold what keys and folders may not. */
export function jobFolder(job: string): string {
  return `${jobsPrefix}${encodeURIComponent(job)}/`;
}

/** Key of a list of images that were submitted to a job, a Parquet file; time and what is unique as for `partKey`. */
export function jobListKey(job: string, time: Date, unique: string): string {
  return `${jobFolder(job)}images-${stampOf(time)}-${unique}.parquet`;
}

/** Key of what became of a job, JSON; written anew whenever a job that got more images is complete again. */
export function jobSummaryKey(job: string): string {
  return `${jobFolder(job)}summary.json`;
}

/** Key of the empty object that says that a job is complete; removed when it gets more images. */
export function jobMarkerKey(job: string): string {
  return `${jobFolder(job)}_SUCCESS`;
}

/** What a key below `jobsPrefix` is and whose, undefined for what the pipeline did not write. */
export function parseJobKey(
  key: string,
): { readonly job: string; readonly kind: 'list' | 'summary' | 'marker' } | undefined {
  const { encoded = '', list, summary } = jobKey.exec(key)?.groups ?? {};
  if (encoded === '') return undefined;
  try {
    return { job: decodeURIComponent(encoded), kind: list ? 'list' : summary ? 'summary' : 'marker' };
  } catch {
    return undefined; // a name that no job is encoded as
  }
}

const jobKey =
  /^jobs\/(?<encoded>[^/]+)\/((?<list>images-\d{8}T\d{9}Z-[^/]+\.parquet)|(?<summary>summary\.json)|_SUCCESS)$/;

/** A place that the pipeline writes to: below `prefix` (may be empty) of a bucket; a folder's name is its absolute path. */
export interface StoreLocation {
  readonly bucket: string;
  readonly prefix: string;
}

/**
 * Whether an object was written by the pipeline itself: taken for an image, it would bring forth others for ever. Told by
 * the whole of its name, so that people may call a folder of theirs `results` or `packed` too.
 */
export function isPipelineOutput(object: { bucket: string; key: string }, places: readonly StoreLocation[]): boolean {
  return places.some(({ bucket, prefix }) => {
    const below = underPrefix(prefix, '');
    return object.bucket === bucket && object.key.startsWith(below) && ownName.test(object.key.slice(below.length));
  });
}

/** What `partKey` and `packKey` give, and what is written about jobs. */
const ownName =
  /^((results|packed)\/date=\d{4}-\d\d-\d\d\/\d{8}T\d{9}Z-[^/]+\.(parquet|crops)|jobs\/[^/]+\/(images-\d{8}T\d{9}Z-[^/]+\.parquet|summary\.json|_SUCCESS))$/;

/**
 * Key of an immutable part of the results.
 * @param time when it is written; parts of a day lie together
 * @param unique what no other writer uses, for example a UUID
 */
export function partKey(time: Date, unique: string): string {
  return `${resultsPrefix}${dated(time, unique)}.parquet`;
}

/**
 * Key of a part that holds the rows of several, beside them.
 * @param folder that they lie in, as `results/date=2026-03-01`
 * @param generation what no other compaction uses, for example a UUID
 * @param part which of the generation's parts it is
 */
export function compactedPartKey(folder: string, time: Date, generation: string, part: number): string {
  return `${folder}/${stampOf(time)}-compacted-${generation}-${part}.parquet`;
}

/** By which compaction a part was written; undefined where a worker wrote it. */
export function generationOf(key: string): string | undefined {
  return /\/\d{8}T\d{9}Z-compacted-([^/]+)-\d+\.parquet$/.exec(key)?.[1];
}

/** Key of an object of packed crops; time and what is unique as for `partKey`. */
export function packKey(time: Date, unique: string): string {
  return `${packedPrefix}${dated(time, unique)}.crops`;
}

/** Folder of the parts that are written on a day, UTC; days sort as their names do. */
export function dayFolder(time: Date): string {
  return `${resultsPrefix}${dayName(time)}`;
}

function dated(time: Date, unique: string): string {
  return `${dayName(time)}/${stampOf(time)}-${unique}`;
}

function dayName(time: Date): string {
  return `date=${time.toISOString().slice(0, 10)}`;
}

function stampOf(time: Date): string {
  return time.toISOString().replaceAll(/[-:.]/g, '');
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

/**
 * Whether a key is what consoles, copying tools and desktops leave beside images: an empty object that stands for a
 * folder, or a hidden name. A name that the reader asked for by its prefix is not hidden from them.
 * @param prefix that was asked for; empty for an event
 */
export function isClutter(key: string, size: number | undefined, prefix = ''): boolean {
  if (key.endsWith('/') && (size ?? 0) === 0) return true;
  const asked = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  return key
    .slice(asked.length)
    .split('/')
    .some((name) => name.startsWith('.'));
}

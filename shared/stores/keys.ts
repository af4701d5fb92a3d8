/**
 * The keys of everything in a store, which is a folder or a bucket. No other module spells these names: the command line,
 * the handlers and the infrastructure import them.
 */
export const resultsPrefix = 'results/';
/** Parts with the embeddings of regions. */
export const regionsPrefix = 'regions/';
/** Written to check that results can be stored; hidden from listings like any name that begins with a dot. */
export const writeProbeKey = `${resultsPrefix}.writable`;
/** Packs: objects that hold the crops of several images until they are classified. */
export const packedPrefix = 'packed/';

/** Lists of the images of jobs, and the summaries and markers of complete jobs. */
export const jobsPrefix = 'jobs/';

/** Folder of a job. Encoded, since a job name may contain characters that keys and folders do not allow. */
export function jobFolder(job: string): string {
  return `${jobsPrefix}${encodeURIComponent(job)}/`;
}

/** Key of a list of images that were submitted to a job, a Parquet file; `time` and `unique` as for `partKey`. */
export function jobListKey(job: string, time: Date, unique: string): string {
  return `${jobFolder(job)}images-${stampOf(time)}-${unique}.parquet`;
}

/** Key of the summary of a complete job, JSON; overwritten when a job that received more images is complete again. */
export function jobSummaryKey(job: string): string {
  return `${jobFolder(job)}summary.json`;
}

/** Key of the empty object that marks a job as complete; removed when the job receives more images. */
export function jobMarkerKey(job: string): string {
  return `${jobFolder(job)}_SUCCESS`;
}

/** Key of the progress of the last run of a job on your own machine, JSON; overwritten while it runs. */
export function jobRunKey(job: string): string {
  return `${jobFolder(job)}run.json`;
}

/** Key of the location of a job's images, JSON; created by the first run or submission of the job, and never changed. */
export function jobSourceKey(job: string): string {
  return `${jobFolder(job)}source.json`;
}

export type JobObjectKind = 'list' | 'summary' | 'run' | 'source' | 'marker';

/** The job and kind of a key below `jobsPrefix`; undefined for other objects. */
export function parseJobKey(key: string): { readonly job: string; readonly kind: JobObjectKind } | undefined {
  const { encoded = '', list, summary, run, source } = jobKey.exec(key)?.groups ?? {};
  if (encoded === '') return undefined;
  const kind = list ? 'list' : summary ? 'summary' : run ? 'run' : source ? 'source' : 'marker';
  try {
    return { job: decodeURIComponent(encoded), kind };
  } catch {
    return undefined; // not an encoded job name
  }
}

const jobKey =
  /^jobs\/(?<encoded>[^/]+)\/((?<list>images-\d{8}T\d{9}Z-[^/]+\.parquet)|(?<summary>summary\.json)|(?<run>run\.json)|(?<source>source\.json)|_SUCCESS)$/;

/** Where the pipeline writes: a bucket, or the absolute path of a folder, and a prefix that may be empty. */
export interface StoreLocation {
  readonly bucket: string;
  readonly prefix: string;
}

/**
 * Whether the pipeline itself wrote an object. Classified as an image, it would lead to further objects without end. The
 * whole key has to match, so users can have their own folders `results` or `packed`.
 */
export function isPipelineOutput(
  object: { bucket: string; key: string },
  locations: readonly StoreLocation[],
): boolean {
  return locations.some(({ bucket, prefix }) => {
    const below = underPrefix(prefix, '');
    return object.bucket === bucket && object.key.startsWith(below) && outputKey.test(object.key.slice(below.length));
  });
}

/**
 * Whether a key is that of an object in a store somewhere below the images, such as the store of an earlier run: no image has
 * such a name.
 */
export function isInSomeStore(key: string): boolean {
  return outputInside.test(key);
}

/** Keys of `partKey`, `regionPartKey`, `compactedPartKey` and `packKey`, and those below `jobsPrefix`. */
const outputKey =
  /^((results|regions|packed)\/date=\d{4}-\d\d-\d\d\/\d{8}T\d{9}Z-[^/]+\.(parquet|crops)|jobs\/[^/]+\/(images-\d{8}T\d{9}Z-[^/]+\.parquet|summary\.json|run\.json|source\.json|_SUCCESS))$/;

const outputInside = new RegExp(`(?:^|/)${outputKey.source.slice(1)}`);

/**
 * Key of an immutable part of the results.
 * @param time when it is written; the parts of a day share a folder
 * @param unique text that no other writer uses, for example a UUID
 * @param checksum CRC-32 of its bytes
 */
export function partKey(time: Date, unique: string, checksum: number): string {
  return `${resultsPrefix}${dated(time, unique)}.${hexOf(checksum)}.parquet`;
}

/** Key of an immutable part with the embeddings of regions; parameters as for `partKey`. */
export function regionPartKey(time: Date, unique: string, checksum: number): string {
  return `${regionsPrefix}${dated(time, unique)}.${hexOf(checksum)}.parquet`;
}

/**
 * Key of a part that holds the rows of several other parts, in the same folder.
 * @param folder of these parts, such as `results/date=2026-03-01`
 * @param generation text that no other compaction uses, for example a UUID
 * @param part number of the part within its generation
 * @param checksum CRC-32 of its bytes
 */
export function compactedPartKey(
  folder: string,
  time: Date,
  generation: string,
  part: number,
  checksum: number,
): string {
  return `${folder}/${stampOf(time)}-compacted-${generation}-${part}.${hexOf(checksum)}.parquet`;
}

/** The CRC-32 of a part's bytes; undefined for a part of an earlier version, whose key has none. */
export function checksumOf(key: string): number | undefined {
  const [, hex] = /\.([0-9a-f]{8})\.parquet$/.exec(key) ?? [];
  return hex === undefined ? undefined : Number.parseInt(hex, 16);
}

function hexOf(checksum: number): string {
  return checksum.toString(16).padStart(8, '0');
}

/** The compaction that wrote a part; undefined for a part of a worker. */
export function generationOf(key: string): string | undefined {
  return /\/\d{8}T\d{9}Z-compacted-([^/]+)-\d+(?:\.[0-9a-f]{8})?\.parquet$/.exec(key)?.[1];
}

/** Key of a pack; `time` and `unique` as for `partKey`. */
export function packKey(time: Date, unique: string): string {
  return `${packedPrefix}${dated(time, unique)}.crops`;
}

/** Folder of the parts of a day in UTC; the names sort by day. */
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

/** Joins a prefix, with or without a slash at its end, and a key. */
export function underPrefix(prefix: string, key: string): string {
  if (prefix === '' || prefix.endsWith('/')) return prefix + key;
  return `${prefix}/${key}`;
}

/**
 * Job of an upload that names none: the first folder of its key, or `default` at the top of the bucket and for `.` and `..`,
 * which are not job names.
 */
export function jobOfKey(key: string): string {
  const first = key.slice(0, Math.max(0, key.indexOf('/')));
  return first === '' || first === '.' || first === '..' ? 'default' : first;
}

/**
 * Whether one name of a key is hidden: it begins with a single dot. Names such as `..b.jpg` and the segments `.` and `..` of
 * S3 keys are not hidden, because they are images rather than files of a desktop or a tool.
 */
export function isHiddenName(name: string): boolean {
  return /^\.[^.]/.test(name);
}

/**
 * Whether an object is a by-product of consoles, copying tools and desktops: an empty object that stands for a folder, or a
 * hidden name. Folders of the requested prefix are not hidden.
 * @param prefix of the listing; empty for an event
 */
export function isClutter(key: string, size: number | undefined, prefix = ''): boolean {
  return clutterKind(key, size, prefix) !== undefined;
}

/** Which by-product an object is, see `isClutter`; undefined if it is none. */
export function clutterKind(
  key: string,
  size: number | undefined,
  prefix = '',
): 'folder marker' | 'hidden' | undefined {
  if (key.endsWith('/') && (size ?? 0) === 0) return 'folder marker';
  const requested = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  return key.slice(requested.length).split('/').some(isHiddenName) ? 'hidden' : undefined;
}

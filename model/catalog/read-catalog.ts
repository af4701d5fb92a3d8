import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { firstIssue } from '../../shared/failures/first-issue.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { errorCode } from '../../shared/stores/local/file-failure.ts';
import { downloadText } from '../pull/download-text.ts';
import { withProxy } from '../pull/with-proxy.ts';
import { builtInModels } from './built-in-models.ts';
import type { Catalog, CatalogEntry, Recipe } from './catalog-entry.ts';
import { displayUrl } from './display-url.ts';
import type { ModelCache } from './model-cache.ts';
import { parseCatalog } from './parse-catalog.ts';

export interface CatalogOptions {
  /** A file or http(s) address of more models; undefined or empty for the built-in ones alone. */
  readonly location: string | undefined;
  /** Its folder `catalogs` has the kept copies of catalogs from the network. */
  readonly cache: Pick<ModelCache, 'catalogs'>;
  /**
   * When an address is requested: `once` if there is no kept copy, `always` to refresh the copy, `never` to work without a
   * network.
   * @default once
   */
  readonly request?: 'once' | 'always' | 'never';
  /** Called with the reason if a catalog at an address is missing from the result, or is an older copy. */
  readonly onNotice?: ((notice: string) => void) | undefined;
}

const timeoutMs = 15_000;

/**
 * The built-in models and those of your own catalog, which override built-in ones of the same name.
 * @throws {UserError} if your catalog cannot be read, and there is no copy of it
 */
export async function readCatalog(options: CatalogOptions): Promise<Catalog> {
  const { location = '' } = options;
  if (location === '') return builtInModels;
  const own = /^https?:\/\//i.test(location) ? await readKept(location, options) : await readLocal(location);
  return new Map([...builtInModels, ...Array.from(own, ([name, entry]) => [name, withFacts(entry)] as const)]);
}

/** A mirror of a built-in model needs only files and addresses: what it leaves out is as it is built in. */
function withFacts(entry: CatalogEntry): CatalogEntry {
  const builtIn = builtInModels.get(entry.name);
  if (builtIn === undefined || !hasSameNetwork(builtIn.recipe, entry.recipe)) return entry;
  return {
    ...entry,
    about: entry.about || builtIn.about,
    labels: entry.labels ?? builtIn.labels,
    accuracy: entry.accuracy ?? builtIn.accuracy,
    license: entry.license ?? builtIn.license,
  };
}

function hasSameNetwork(one: Recipe, other: Recipe): boolean {
  if (one.kind === 'import' && other.kind === 'import')
    return one.network.sha256 === other.network.sha256 && one.output === other.output;
  if (one.kind !== 'package' || other.kind !== 'package') return false;
  return one.archive.sha256 === other.archive.sha256 && one.folder === other.folder && one.output === other.output;
}

async function readLocal(path: string): Promise<Catalog> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UserError(`INCEPTION_CATALOG ${path} cannot be read: give a JSON file or an http(s) address`, { cause });
  });
  return parseCatalog(text, path);
}

/** A catalog from the network is kept, so that its models open without a network. A damaged copy is requested again. */
async function readKept(url: string, { cache, request = 'once', onNotice }: CatalogOptions): Promise<Catalog> {
  const path = join(cache.catalogs, `${createHash('sha256').update(url).digest('hex').slice(0, 16)}.json`);
  const kept = await readCopy(path);
  if (kept !== undefined && request !== 'always') return kept;
  if (request === 'never') {
    onNotice?.(`INCEPTION_CATALOG ${displayUrl(url)} has not been read yet: its models are missing`);
    return new Map();
  }
  try {
    const text = await fetchText(url);
    const catalog = parseCatalog(text, displayUrl(url));
    await keep(path, text);
    return catalog;
  } catch (error) {
    if (kept === undefined || !(error instanceof UserError)) throw error;
    onNotice?.(`${error.message}; using the copy that was read last`);
    return kept;
  }
}

/** Undefined if there is no copy, or it is no catalog of this version. */
async function readCopy(path: string): Promise<Catalog | undefined> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (errorCode(cause) === 'ENOENT' || errorCode(cause) === 'ENOTDIR') return undefined;
    throw new UserError(`${path} cannot be read: ${firstIssue(cause)}`, { cause });
  });
  try {
    return text === undefined ? undefined : parseCatalog(text, path);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** Not kept in a cache that cannot be written: it is requested again. */
async function keep(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

async function fetchText(url: string): Promise<string> {
  const { username, password } = URL.parse(url) ?? {};
  if (username || password) {
    throw new UserError(`INCEPTION_CATALOG ${displayUrl(url)} must not contain a user name or a password`);
  }
  try {
    const timeouts = { answerMs: timeoutMs, idleMs: timeoutMs, slow: { ms: 4 * timeoutMs, bytes: 1000 } };
    return new TextDecoder().decode(await withProxy((fetch) => downloadText({ url, fetch, timeouts })));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`INCEPTION_CATALOG ${displayUrl(url)} cannot be read: ${firstIssue(error)}`, { cause: error });
  }
}

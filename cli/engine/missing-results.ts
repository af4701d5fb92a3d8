import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { suggest } from '../../shared/failures/suggest.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { jobsPrefix, resultsPrefix } from '../../shared/stores/keys.ts';
import { awsOf, followUp } from './follow-up.ts';
import { defaultStore, type OpenedLocation, type StoreOptions } from './locations.ts';

/**
 * The error for a store without any results: whether its folder exists, and the store that was probably meant.
 * @param options of the command that opened the store
 */
export async function noResults(store: OpenedLocation, options: StoreOptions): Promise<UserError> {
  const name = options.store;
  const creates = `"${runInto(options)}" creates`;
  if (store.kind === 's3') return new UserError(`no results in ${name}: ${creates} them`);
  const isMissing = (await namesIn(name)) === undefined;
  // A store whose runs have no results yet has the right name.
  const isStore = (await namesIn(join(name, jobsPrefix))) !== undefined;
  const meant = isStore ? undefined : await nearbyStore(name);
  const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`;
  return new UserError(
    isMissing
      ? `no results in ${name}: the folder does not exist${hint}; ${creates} it`
      : `no results in ${name}${hint}: ${creates} them`,
  );
}

/** The command that fills a store: `npx inception-batch run ./photos --store s3://results`. */
export function runInto({ store, ...aws }: StoreOptions): string {
  return followUp('run', { store: store === defaultStore ? undefined : store, ...awsOf(aws, store) }, ['./photos']);
}

/** A store with a similar name next to a folder, or else the only one in the folder, or the only one next to it. */
async function nearbyStore(path: string): Promise<string | undefined> {
  const parent = dirname(path);
  const siblings = await storesIn(parent);
  const byName = suggest(
    basename(path),
    siblings.map((each) => basename(each)),
  );
  if (byName !== undefined) return join(parent, byName);
  const inside = await storesIn(path);
  return [inside, siblings].find(({ length }) => length === 1)?.[0];
}

/** The folders in a folder that contain parts of results. */
async function storesIn(folder: string): Promise<string[]> {
  const stores: string[] = [];
  for (const name of ((await namesIn(folder)) ?? []).slice(0, maxFolders)) {
    const parts = await namesIn(join(folder, name, resultsPrefix));
    if (parts?.some((part) => /^date=\d{4}-\d\d-\d\d$/.test(part))) stores.push(join(folder, name));
  }
  return stores;
}

/** A folder may hold a million images. */
const maxFolders = 1000;

/** The names of the folders in a folder; undefined if it cannot be read. */
async function namesIn(folder: string): Promise<string[] | undefined> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  return entries?.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

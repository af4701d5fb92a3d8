import { join } from 'node:path';
import { foldersIn, nearbyStore } from '../../results/open/nearby-store.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { jobsPrefix } from '../../shared/stores/keys.ts';
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
  const isMissing = (await foldersIn(name)) === undefined;
  // A store whose runs have no results yet has the right name.
  const isStore = (await foldersIn(join(name, jobsPrefix))) !== undefined;
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

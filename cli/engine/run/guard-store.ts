import { open, stat } from 'node:fs/promises';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { ResultsWriter } from '../../../shared/rows/results-writer.ts';
import type { OpenedLocation } from '../locations.ts';

/** Results whose store is checked before each part and at the end. */
export interface GuardedResults extends ResultsWriter {
  /** @throws {UserError} if the folder of the store was replaced */
  check(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Notices that the folder of a store was removed, or its disk unmounted: parts are then written to a new folder at the same
 * path, and earlier ones are gone or hidden. An open handle keeps the first folder, so that its number is not given to another.
 */
export async function guardStore(
  results: ResultsWriter,
  store: Pick<OpenedLocation, 'kind' | 'bucket'> | undefined,
): Promise<GuardedResults> {
  const unguarded = { append: results.append.bind(results), check: async () => {}, close: async () => {} };
  if (store?.kind !== 'folder') return unguarded;
  // Some systems do not open folders.
  const folder = await open(store.bucket, 'r').catch(() => undefined);
  if (folder === undefined) return unguarded;
  const check = async () => {
    const first = await folder.stat({ bigint: true });
    const now = await stat(store.bucket, { bigint: true }).catch(() => undefined);
    if (first.dev === now?.dev && first.ino === now.ino) return;
    throw new UserError(
      `the folder ${store.bucket} was removed, or its disk unmounted, while results were written to it: run again when it is back`,
    );
  };
  return {
    async append(rows) {
      await check();
      await results.append(rows);
    },
    check,
    close: () => folder.close(),
  };
}

import { type FileHandle, open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { ResultsWriter } from '../../../shared/rows/results-writer.ts';
import { resultsPrefix } from '../../../shared/stores/keys.ts';
import type { OpenedLocation } from '../locations.ts';

/** Results whose store is checked before each part and at the end. */
export interface GuardedResults extends ResultsWriter {
  /** @throws {UserError} if a folder of the store was replaced */
  check(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Notices that the folder of a store, or that of its results, was removed, or its disk unmounted: parts are then written to a
 * new folder at the same path, and earlier ones are gone or hidden.
 */
export async function guardStore(
  results: ResultsWriter,
  store: Pick<OpenedLocation, 'kind' | 'bucket'> | undefined,
): Promise<GuardedResults> {
  if (store?.kind !== 'folder') {
    return { append: results.append.bind(results), check: async () => {}, close: async () => {} };
  }
  const folders = await Promise.all([store.bucket, resolve(store.bucket, resultsPrefix)].map(openFolder));
  const check = async () => {
    for (const folder of folders) await checkFolder(folder);
  };
  return {
    async append(rows) {
      await check();
      await results.append(rows);
    },
    check,
    async close() {
      for (const { handle } of folders) await handle?.close();
    },
  };
}

interface Folder {
  readonly path: string;
  /** Keeps the folder open, so that its number is not given to another. Undefined where systems do not open folders. */
  readonly handle: FileHandle | undefined;
}

async function openFolder(path: string): Promise<Folder> {
  return { path, handle: await open(path, 'r').catch(() => undefined) };
}

async function checkFolder({ path, handle }: Folder): Promise<void> {
  if (handle === undefined) return;
  const first = await handle.stat({ bigint: true });
  const now = await stat(path, { bigint: true }).catch(() => undefined);
  if (first.dev === now?.dev && first.ino === now.ino) return;
  throw new UserError(
    `the folder ${path} was removed, or its disk unmounted, while results were written to it: run again when it is back`,
  );
}

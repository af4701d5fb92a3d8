import { resolve } from 'node:path';
import { UserError } from '../../shared/failures/user-error.ts';
import { diskProblem } from '../../shared/stores/local/file-failure.ts';
import { makeFolder } from '../../shared/stores/local/make-folder.ts';

/** @throws {UserError} with what to do, if the folder cannot be created */
export async function createCacheFolder(folder: string): Promise<void> {
  await makeFolder(resolve(folder)).catch((cause: unknown) => {
    const problem = diskProblem(cause);
    const why = problem === undefined ? '' : `: ${problem}`;
    throw new UserError(`cannot create the cache folder ${folder}${why}; set XDG_CACHE_HOME to a writable folder`, {
      cause,
    });
  });
}

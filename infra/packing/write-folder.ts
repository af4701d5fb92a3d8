import { resolve } from 'node:path';
import { UserError } from '../../shared/failures/user-error.ts';

/**
 * Runs a command that writes a folder, its only argument. Errors of the user and of the file system are one line.
 * @param next what to run next, to be printed
 */
export async function writeFolder(
  [folder, ...others]: readonly string[],
  write: (folder: string) => void | Promise<void>,
  next: (folder: string) => string,
): Promise<void> {
  try {
    if (folder === undefined || others.length > 0) throw new UserError('give the folder to write');
    await write(resolve(folder));
    process.stdout.write(`wrote ${folder}; next: ${next(folder)}\n`);
  } catch (error) {
    if (!(error instanceof UserError || isFileError(error))) throw error;
    process.stderr.write(`inception-batch: ${error.message}\n`);
    process.exitCode = 1;
  }
}

/** Such as EACCES, or ENOTDIR for a file instead of a folder. */
function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'path' in error;
}

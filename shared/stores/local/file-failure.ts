import { Failure, type FailureReason } from '../../failures/failure.ts';
import type { FilePath } from './file-name.ts';

const readReasons: Readonly<Record<string, FailureReason>> = {
  ENOENT: 'object_gone',
  ENOTDIR: 'object_gone',
  EACCES: 'unreadable',
  EPERM: 'unreadable',
  EIO: 'unreadable',
  EISDIR: 'unreadable',
  ELOOP: 'unreadable',
  ENAMETOOLONG: 'unreadable',
  ENXIO: 'unreadable',
  ENODEV: 'unreadable',
};

const readProblems: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist, or is a link to a missing file (ENOENT)',
  ENOTDIR: 'does not exist: a part of its path is a file (ENOTDIR)',
  EACCES: 'cannot be read: permission denied (EACCES): let this user read it and its folders',
  EPERM: 'cannot be read: permission denied (EPERM): let this user read it and its folders',
  EIO: 'cannot be read: the disk has a fault (EIO)',
  ENAMETOOLONG: 'cannot be read: its path is too long for the system (ENAMETOOLONG): shorten the names of its folders',
  ELOOP: 'is a link that leads back to itself (ELOOP): remove it',
};

/** An error of the operating system while reading a file, as a Failure; `unavailable` if a retry could succeed. */
export function readFailure(error: unknown, path: FilePath): Failure {
  const code = errorCode(error);
  if (error instanceof Failure || code === undefined) return Failure.from(error);
  const problem = readProblems[code];
  const message = problem === undefined ? messageOf(error) : `${path} ${problem}`;
  return new Failure(readReasons[code] ?? 'unavailable', message, { cause: error });
}

/**
 * An error of the operating system while writing a file, as `unavailable`: full disks and permissions can be fixed.
 * @param path of the file: the error names a temporary one, or none
 */
export function writeFailure(error: unknown, path: string): Failure {
  if (error instanceof Failure || errorCode(error) === undefined) return Failure.from(error);
  return new Failure('unavailable', `${path} cannot be written: ${diskProblem(error) ?? messageOf(error)}`, {
    cause: error,
  });
}

/** The code, such as `ENOENT`, of an error of the operating system. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

const diskProblems: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full (ENOSPC): free space on it',
  EDQUOT: 'the disk quota is used up (EDQUOT): free space on it',
  EROFS: 'the file system is read-only (EROFS)',
  EACCES: 'permission denied (EACCES)',
  EPERM: 'permission denied (EPERM)',
  EIO: 'the disk has a fault (EIO)',
  incomplete: 'a file was not written completely; the disk may be full',
};

/** Texts of libraries that give no code, such as DuckDB. */
const diskTexts: readonly (readonly [RegExp, string])[] = [
  [/no space left on device/i, 'ENOSPC'],
  [/disk quota exceeded/i, 'EDQUOT'],
  [/read-only file system/i, 'EROFS'],
  // All that usearch says.
  [/failed to serialize into stream/i, 'incomplete'],
];

/** Why a disk takes no file, and what to do; undefined for any other error. The paths in such errors are often temporary. */
export function diskProblem(error: unknown): string | undefined {
  const message = error instanceof Error ? error.message : '';
  const code = errorCode(error) ?? diskTexts.find(([text]) => text.test(message))?.[1];
  return code !== undefined && Object.hasOwn(diskProblems, code) ? diskProblems[code] : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import { Failure, type FailureReason } from '../../failures/failure.ts';

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

/** An error of the operating system while reading a file, as a Failure; `unavailable` if a retry could succeed. */
export function readFailure(error: unknown): Failure {
  const code = errorCode(error);
  if (error instanceof Failure || code === undefined) return Failure.from(error);
  return new Failure(readReasons[code] ?? 'unavailable', messageOf(error), { cause: error });
}

/** An error of the operating system while writing a file, as `unavailable`: full disks and permissions can be fixed. */
export function writeFailure(error: unknown): Failure {
  if (error instanceof Failure || errorCode(error) === undefined) return Failure.from(error);
  return new Failure('unavailable', messageOf(error), { cause: error });
}

/** The code, such as `ENOENT`, of an error of the operating system. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

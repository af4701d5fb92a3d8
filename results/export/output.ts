import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../../shared/failures/user-error.ts';
import { diskProblem, errorCode } from '../../shared/stores/local/file-failure.ts';
import { removeOnSignal } from '../../shared/stores/local/remove-on-signal.ts';

/** Errors of a pipe whose reader has ended, such as `| head`. They are not faults. */
const readerEndedCodes = new Set(['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED']);

/** Writes text to a stream at the speed of its reader, and leaves the stream open. Ends early if the reader ends. */
export async function writeToStream(text: AsyncIterable<string>, stream: Writable): Promise<void> {
  try {
    await pipeline(Readable.from(text, { highWaterMark: 1 }), stream, { end: false });
  } catch (error) {
    if (!readerEndedCodes.has(errorCode(error) ?? '')) throw error;
  }
}

/** Writes text to a new file. */
export async function writeToFile(text: AsyncIterable<string>, path: string): Promise<void> {
  await pipeline(Readable.from(text, { highWaterMark: 1 }), createWriteStream(path, { flags: 'wx', flush: true }));
}

export interface TargetFile {
  readonly path: string;
  /** Whether an existing file is replaced. @default false: it is an error */
  readonly overwrite?: boolean | undefined;
}

/**
 * Writes a file atomically: `write` fills a hidden file in the same folder, which is then renamed. After an error no file
 * is left, and an existing one is unchanged.
 * @returns the result of `write`
 * @throws {UserError} if the file exists and is not to be overwritten, the folder is missing or not writable, or the path is
 *   not a regular file
 */
export async function replaceFile<T>(
  { path, overwrite = false }: TargetFile,
  write: (partial: string) => Promise<T>,
): Promise<T> {
  // Replaces the target of a link, not the link.
  const target = await realpath(path).catch(() => resolve(path));
  await assertWritable(target, { path, overwrite });
  const partial = join(dirname(target), `.${basename(target).slice(0, 100)}.${randomUUID()}.partial`);
  const forget = removeOnSignal(partial);
  try {
    const result = await write(partial);
    // It may have been created in the meantime.
    await assertWritable(target, { path, overwrite });
    await rename(partial, target);
    return result;
  } catch (error) {
    const problem = diskProblem(error);
    if (problem !== undefined) throw new UserError(`${path} cannot be written: ${problem}`, { cause: error });
    // DuckDB names the hidden file, which says nothing to the user, and then the reason.
    if (error instanceof Error && error.message.includes(partial)) {
      throw new UserError(`${path} cannot be written: ${error.message.replace(/^.*: /s, '')}`, { cause: error });
    }
    throw error;
  } finally {
    await rm(partial, { force: true });
    forget();
  }
}

type PathKind = 'nothing' | 'folder' | 'file' | 'pipe or device';

/** What a path names; a link is followed. */
export async function kindOfPath(path: string): Promise<PathKind> {
  const stats = await stat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  });
  if (stats === undefined) return 'nothing';
  return stats.isDirectory() ? 'folder' : stats.isFile() ? 'file' : 'pipe or device';
}

async function assertWritable(target: string, { path, overwrite }: TargetFile): Promise<void> {
  const kind = await kindOfPath(target);
  assertNoOtherKind(path, kind);
  if (kind === 'file' && !overwrite)
    throw new UserError(`${path} exists: give --overwrite to replace it, or another path`);
  if ((await kindOfPath(dirname(target))) !== 'folder') {
    throw new UserError(`${path} cannot be written: the folder ${dirname(target)} does not exist`);
  }
}

/** @throws {UserError} if something other than a file is there */
export function assertNoOtherKind(path: string, kind: PathKind): void {
  if (kind === 'folder') throw new UserError(`${path} is a folder: give the path of a file`);
  if (kind === 'pipe or device') {
    throw new UserError(`${path} is a pipe or a device: omit --out to write to stdout`);
  }
}

import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../../shared/failures/user-error.ts';
import { errorCode } from '../../shared/stores/local/file-failure.ts';

/** What the reader of a pipe leaves behind when it goes: `| head` has seen enough, and that is no fault. */
const readerGone = new Set(['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED']);

/** Writes text to a stream no faster than it is taken, and leaves it open; ends early when its reader goes. */
export async function writeToStream(text: AsyncIterable<string>, stream: Writable): Promise<void> {
  try {
    await pipeline(Readable.from(text, { highWaterMark: 1 }), stream, { end: false });
  } catch (error) {
    if (!readerGone.has(errorCode(error) ?? '')) throw error;
  }
}

/** Writes text to a new file. */
export async function writeToFile(text: AsyncIterable<string>, path: string): Promise<void> {
  await pipeline(Readable.from(text, { highWaterMark: 1 }), createWriteStream(path, { flags: 'wx', flush: true }));
}

/**
 * Makes a file whole or not at all: `write` fills one under a hidden name beside it, which then takes its place.
 * @throws {UserError} when the folder is missing or may not be written to, or the path is a folder.
 */
export async function replaceFile(path: string, write: (partial: string) => Promise<void>): Promise<void> {
  // What a link leads to is replaced, not the link.
  const target = await realpath(path).catch(() => resolve(path));
  await assertWritable(target, path);
  const partial = join(dirname(target), `.${basename(target).slice(0, 100)}.${randomUUID()}.partial`);
  try {
    await write(partial);
    await rename(partial, target);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EACCES' || code === 'EROFS' || code === 'ENOSPC') {
      throw new UserError(`${path} cannot be written: ${code}`, { cause: error });
    }
    throw error;
  } finally {
    await rm(partial, { force: true });
  }
}

async function assertWritable(target: string, path: string): Promise<void> {
  const kindOf = async (place: string) => {
    const stats = await stat(place).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
      throw error;
    });
    if (stats === undefined) return 'nothing';
    return stats.isDirectory() ? 'folder' : stats.isFile() ? 'file' : 'pipe or device';
  };
  const kind = await kindOf(target);
  if (kind === 'folder') throw new UserError(`expected a file to write, but ${path} is a folder`);
  if (kind === 'pipe or device') {
    throw new UserError(
      `expected a file to write, but ${path} is a pipe or a device: without --out, rows go to stdout`,
    );
  }
  if ((await kindOf(dirname(target))) !== 'folder') {
    throw new UserError(`expected a folder to write ${path} in, but there is no ${dirname(target)}`);
  }
}

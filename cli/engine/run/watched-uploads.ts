import { on } from 'node:events';
import { realpathSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { watch } from 'chokidar';
import type { UploadEvent } from '../../../shared/events/upload-event.ts';
import { uploadOfObject } from '../../../shared/events/upload-of-object.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { imageId } from '../../../shared/images/image.ts';
import type { ImageRow } from '../../../shared/rows/row.ts';
import { fileEtag } from '../../../shared/stores/local/file-etag.ts';
import type { ListedObject } from '../../../shared/stores/ports.ts';
import type { Tally } from './tally.ts';

/** A file counts as written when its size has not changed for this long, milliseconds. */
const settledAfterMs = 2000;

export interface WatchedFolder {
  /** Absolute path. */
  readonly folder: string;
  /** Paths of what the pipeline writes, which is no input should it lie in the folder. */
  readonly own: readonly string[];
  readonly job: string;
  /** See `finishedImages`. */
  readonly finished: ReadonlyMap<string, ImageRow['status']>;
}

/**
 * The files of a folder, those that are there and every one that is added, changed or removed, until stopped. Those that
 * an earlier run has finished are counted as done. Hidden files are left out.
 * @throws {UserError} when the folder itself is removed
 */
export async function* watchedUploads(
  { folder, own, job, finished }: WatchedFolder,
  tally: Tally,
  stop: AbortSignal,
): AsyncGenerator<UploadEvent> {
  const watcher = watch(folder, {
    ignored: (path) =>
      own.some((place) => isSamePlace(path, place)) ||
      relative(folder, path)
        .split(sep)
        .some((name) => name.startsWith('.')),
    awaitWriteFinish: { stabilityThreshold: settledAfterMs, pollInterval: 100 },
  });
  const removed = new Set<string>();
  const now = risingClock();
  try {
    for await (const [event, path] of on(watcher, 'all', { signal: stop })) {
      if (event === 'unlinkDir' && path === folder) {
        throw new UserError(`the folder ${folder} is gone: it was removed or renamed while it was watched`);
      }
      const file = relative(folder, String(path));
      if (event === 'unlink') {
        const key = keyOf(file);
        removed.add(key);
        yield { kind: 'deleted', bucket: folder, key, eventTime: now(), job };
      }
      if (event !== 'add' && event !== 'change') continue;
      const object = await objectOf(folder, file);
      // Of one that was away meanwhile the row says so: it needs another.
      const status = removed.has(object.key) ? undefined : finished.get(imageId(object));
      if (status) tally.skip(status);
      else yield uploadOfObject(object, job, now());
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    await watcher.close();
  }
}

/** Never the same moment twice, so that a file's removal and its return are told apart. */
function risingClock(): () => Date {
  let last = 0;
  return () => {
    last = Math.max(Date.now(), last + 1);
    return new Date(last);
  };
}

/** Compared as real paths, since either may lead through a link; a path that leads nowhere is no place. */
function isSamePlace(path: string, own: string): boolean {
  if (basename(path) !== basename(own)) return false;
  try {
    return realpathSync(path) === realpathSync(own);
  } catch {
    return false;
  }
}

/** The file as a listing would show it; one that has vanished since is found to be gone when it is read. */
async function objectOf(folder: string, path: string): Promise<ListedObject> {
  const stats = await stat(join(folder, path), { bigint: true }).catch(() => undefined);
  return {
    bucket: folder,
    key: keyOf(path),
    etag: fileEtag(stats ?? { size: 0n, mtimeNs: 0n }),
    size: Number(stats?.size ?? 0n),
    modified: stats?.mtime ?? new Date(0),
  };
}

function keyOf(path: string): string {
  return path.split(sep).join('/');
}

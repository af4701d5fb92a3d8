import { on } from 'node:events';
import { realpathSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { watch } from 'chokidar';
import type { UploadEvent } from '../../../shared/events/upload-event.ts';
import { uploadOfObject } from '../../../shared/events/upload-of-object.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { imageId } from '../../../shared/images/image.ts';
import { isHiddenName } from '../../../shared/stores/keys.ts';
import { fileEtag } from '../../../shared/stores/local/file-etag.ts';
import type { ListedObject } from '../../../shared/stores/ports.ts';
import type { FinishedImages } from './finished-in.ts';
import type { Tally } from './tally.ts';

/** A file is complete when its size has not changed for this many milliseconds. */
const settledAfterMs = 2000;

export interface WatchedFolder {
  /** Absolute path. */
  readonly folder: string;
  /** Paths that are not watched: the output of the pipeline. */
  readonly excluded: readonly string[];
  readonly job: string;
  readonly finished: FinishedImages;
}

/**
 * Existing files of a folder, then every file that is added, changed or removed, until stopped. Files that an earlier
 * run has finished are counted as done; hidden files are skipped.
 * @throws {UserError} if the folder itself is removed
 */
export async function* watchedUploads(
  { folder, excluded, job, finished }: WatchedFolder,
  tally: Tally,
  stop: AbortSignal,
): AsyncGenerator<UploadEvent> {
  const watcher = watch(folder, {
    ignored: (path) =>
      excluded.some((output) => isSamePath(path, output)) || relative(folder, path).split(sep).some(isHiddenName),
    awaitWriteFinish: { stabilityThreshold: settledAfterMs, pollInterval: 100 },
  });
  const removed = new Set<string>();
  const now = risingClock();
  try {
    for await (const [event, path] of on(watcher, 'all', { signal: stop })) {
      if (event === 'unlinkDir' && path === folder) {
        throw new UserError(`the watched folder ${folder} was removed or renamed`);
      }
      const file = relative(folder, String(path));
      if (event === 'unlink') {
        const key = keyOf(file);
        removed.add(key);
        yield { kind: 'deleted', bucket: folder, key, eventTime: now(), job };
      }
      if (event !== 'add' && event !== 'change') continue;
      const object = await objectOf(folder, file);
      // A file that was removed and came back has a row that marks it as deleted: it needs a new one.
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

/** Never returns the same time twice, so that the removal and the return of a file have an order. */
function risingClock(): () => Date {
  let last = 0;
  return () => {
    last = Math.max(Date.now(), last + 1);
    return new Date(last);
  };
}

/** Compares real paths, because either may lead through a link. */
function isSamePath(path: string, output: string): boolean {
  if (basename(path) !== basename(output)) return false;
  try {
    return realpathSync(path) === realpathSync(output);
  } catch {
    return false; // one of them does not exist
  }
}

/** A file as a listing shows it. A file that was removed meanwhile is detected when it is read. */
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

import { on } from 'node:events';
import { stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { watch } from 'chokidar';
import { imageId } from '../../shared/image.ts';
import { fileEtag } from '../../shared/local/file-etag.ts';
import type { ListedObject } from '../../shared/ports.ts';
import type { UploadEvent } from '../../shared/upload-event.ts';
import { uploadOf } from './listed-uploads.ts';
import type { Tally } from './tally.ts';

/** A file counts as written when its size has not changed for this long, milliseconds. */
const settledAfterMs = 300;

/**
 * The files of a folder, those that are there and every one that is added or changed, until stopped. Those that an
 * earlier run has finished are counted as done. Hidden files are left out.
 * @param folder absolute path
 * @param exclude absolute path that is no input: the results
 */
export async function* watchedUploads(
  { folder, exclude, job, finished }: { folder: string; exclude: string; job: string; finished: ReadonlySet<string> },
  tally: Tally,
  stop: AbortSignal,
): AsyncGenerator<UploadEvent> {
  const watcher = watch(folder, {
    ignored: (path) =>
      path === exclude ||
      relative(folder, path)
        .split(sep)
        .some((name) => name.startsWith('.')),
    awaitWriteFinish: { stabilityThreshold: settledAfterMs, pollInterval: 100 },
  });
  try {
    for await (const [event, path] of on(watcher, 'all', { signal: stop })) {
      if (event !== 'add' && event !== 'change') continue;
      const object = await objectOf(folder, relative(folder, String(path)));
      if (finished.has(imageId(object))) tally.skip();
      else yield uploadOf(object, job);
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    await watcher.close();
  }
}

/** The file as a listing would show it; one that has vanished since is found to be gone when it is read. */
async function objectOf(folder: string, path: string): Promise<ListedObject> {
  const stats = await stat(join(folder, path), { bigint: true }).catch(() => undefined);
  return {
    bucket: folder,
    key: path.split(sep).join('/'),
    etag: fileEtag(stats ?? { size: 0n, mtimeNs: 0n }),
    size: Number(stats?.size ?? 0n),
    modified: stats?.mtime ?? new Date(0),
  };
}

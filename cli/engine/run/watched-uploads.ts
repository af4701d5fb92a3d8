import type { UploadEvent } from '../../../shared/events/upload-event.ts';
import { uploadOfObject } from '../../../shared/events/upload-of-object.ts';
import { imageId } from '../../../shared/images/image.ts';
import type { FinishedImages } from './finished-in.ts';
import type { Tally } from './tally.ts';
import { watchedChanges } from './watched-changes.ts';

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
  const removed = new Set<string>();
  const now = risingClock();
  try {
    for await (const change of watchedChanges(folder, excluded, stop)) {
      if (change.kind === 'gone') {
        removed.add(change.key);
        yield { kind: 'deleted', bucket: folder, key: change.key, eventTime: now(), job };
        continue;
      }
      const { object } = change;
      // A file that was removed and came back has a row that marks it as deleted: it needs a new one.
      const status = removed.has(object.key) ? undefined : finished.get(imageId(object));
      if (status) tally.skip(status);
      else yield uploadOfObject(object, job, now());
    }
  } catch (error) {
    if (!stop.aborted) throw error;
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

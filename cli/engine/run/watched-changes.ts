import { on } from 'node:events';
import { realpathSync } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { UserError } from '../../../shared/failures/user-error.ts';
import { merge } from '../../../shared/flow/merge.ts';
import { isHiddenName, isInSomeStore } from '../../../shared/stores/keys.ts';
import { escapeName, replacement } from '../../../shared/stores/local/file-name.ts';
import { listedFile } from '../../../shared/stores/local/folder-store.ts';
import { type FileChange, OverlookedFiles } from './overlooked-files.ts';

/** A file is complete when its size has not changed for this many milliseconds. */
const settledAfterMs = 2000;

/**
 * Existing files of a folder, then every file that is added, changed or removed. Hidden files are skipped, and so are those
 * of any store: an earlier run may have written to another one than this.
 * @param folder absolute path
 * @param excluded paths that are not watched
 * @throws {UserError} if the folder itself is removed; an `AbortError` when `stop` is aborted
 */
export async function* watchedChanges(
  folder: string,
  excluded: readonly string[],
  stop: AbortSignal,
): AsyncGenerator<FileChange> {
  const watcher = watch(folder, {
    ignored: (path) =>
      excluded.some((output) => isSamePath(path, output)) || relative(folder, path).split(sep).some(isHiddenName),
    awaitWriteFinish: { stabilityThreshold: settledAfterMs, pollInterval: 100 },
  });
  const overlooked = new OverlookedFiles(folder, { exclude: excluded, pollMs: settledAfterMs });
  watcher.on('raw', (_event, name, details) => hintAt(String(name), details, { folder, overlooked }));
  const ended = new AbortController();
  const until = AbortSignal.any([stop, ended.signal]);
  try {
    const changes = [reported(watcher, { folder, overlooked }, until), overlooked.changes(until)];
    for await (const change of merge<FileChange>(changes)) if (!isInSomeStore(keyOfChange(change))) yield change;
  } finally {
    ended.abort();
    await watcher.close();
  }
}

interface Watched {
  readonly folder: string;
  readonly overlooked: OverlookedFiles;
}

function keyOfChange(change: FileChange): string {
  return change.kind === 'gone' ? change.key : change.object.key;
}

/** What the watcher reports. */
async function* reported(
  watcher: FSWatcher,
  { folder, overlooked }: Watched,
  stop: AbortSignal,
): AsyncGenerator<FileChange> {
  for await (const [event, path] of on(watcher, 'all', { signal: stop })) {
    if (event === 'unlinkDir' && path === folder) {
      throw new UserError(`the watched folder ${folder} was removed or renamed`);
    }
    const key = keyOf(relative(folder, String(path)));
    // A link may be created in a new folder before the folder is watched.
    if (event === 'addDir' && key !== '') overlooked.hint(`${key}/`);
    if (event === 'unlink') yield { kind: 'gone', key };
    if (event !== 'add' && event !== 'change') continue;
    overlooked.forget(key);
    const stats = await stat(String(path), { bigint: true }).catch(() => undefined);
    yield { kind: 'file', object: listedFile(folder, { key, stats }) };
  }
}

/** Looks for a file that the watcher cannot read when something has changed. */
function hintAt(name: string, details: unknown, { folder, overlooked }: Watched): void {
  if (typeof details !== 'object' || details === null || !('watchedPath' in details)) return;
  const path = String(details.watchedPath);
  const key = keyOf(relative(folder, path));
  const prefix = key === '' ? '' : `${key}/`;
  if (name.includes(replacement)) overlooked.hint(prefix);
  else void isBrokenLink(join(path, name)).then((isBroken) => isBroken && overlooked.hint(prefix));
}

async function isBrokenLink(path: string): Promise<boolean> {
  const link = await lstat(path).catch(() => undefined);
  if (!link?.isSymbolicLink()) return false;
  return stat(path).then(
    () => false,
    () => true,
  );
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

function keyOf(path: string): string {
  return escapeName(path.split(sep).join('/'));
}

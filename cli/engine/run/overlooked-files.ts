import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '../../../shared/failures/user-error.ts';
import { pathOfKey } from '../../../shared/stores/local/file-name.ts';
import { listedFile } from '../../../shared/stores/local/folder-store.ts';
import { entryStats, type WalkedFile, walkFolder } from '../../../shared/stores/local/walk-folder.ts';
import type { ListedObject } from '../../../shared/stores/ports.ts';

/** A file is there, with new content, or no longer. */
export type FileChange =
  | { readonly kind: 'file'; readonly object: ListedObject }
  | { readonly kind: 'gone'; readonly key: string };

interface Tracked {
  /** Of the last scan. */
  etag: string;
  /** The etag that was reported; undefined until the file is complete. */
  reported?: string;
}

/**
 * Files that a listing has and a watcher does not report, because it cannot read their entry: broken links, folders without
 * permission, and names that are not UTF-8 with everything below them. They are found by scans, only of folders where
 * something hints at one.
 */
export class OverlookedFiles {
  readonly #folder: string;
  readonly #exclude: readonly string[];
  readonly #pollMs: number;
  /** Prefixes of the folders to scan. */
  #hints = new Set(['']);
  readonly #tracked = new Map<string, Tracked>();

  /** @param pollMs a file is complete if it is the same in two scans that are this many milliseconds apart */
  constructor(folder: string, { exclude, pollMs }: { exclude: readonly string[]; pollMs: number }) {
    this.#folder = folder;
    this.#exclude = exclude;
    this.#pollMs = pollMs;
  }

  /** A folder may have such a file. @param prefix empty, or the key of the folder with a slash */
  hint(prefix: string): void {
    this.#hints.add(prefix);
  }

  /** The watcher reports this file. */
  forget(key: string): void {
    this.#tracked.delete(key);
  }

  /** The changes of these files until `stop` is aborted, which ends it with an `AbortError`. */
  async *changes(stop: AbortSignal): AsyncGenerator<FileChange> {
    for (;;) {
      yield* await this.#scan();
      await delay(this.#pollMs, undefined, { signal: stop });
    }
  }

  async #scan(): Promise<FileChange[]> {
    const prefixes = new Set([...this.#hints, ...this.#unwatchedFolders()]);
    this.#hints = new Set();
    const files = new Map<string, ListedObject>();
    for (const prefix of prefixes) {
      for await (const file of this.#walk(prefix)) files.set(file.key, listedFile(this.#folder, file));
    }
    for (const key of this.#tracked.keys()) {
      if (files.has(key)) continue;
      const stats = await entryStats(pathOfKey(this.#folder, key));
      if (stats !== undefined) files.set(key, listedFile(this.#folder, { key, stats }));
    }
    return [...this.#gone(files), ...[...files.values()].flatMap((object) => this.#seen(object) ?? [])];
  }

  async *#walk(prefix: string): AsyncGenerator<WalkedFile> {
    try {
      for await (const file of walkFolder(this.#folder, { prefix, exclude: this.#exclude })) {
        if (this.#isOverlooked(file)) yield file;
      }
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      // The folder was removed in the meantime, which the watcher reports.
    }
  }

  /** The topmost folders that cannot be watched, because their name is not UTF-8. */
  #unwatchedFolders(): string[] {
    const folders = [...this.#tracked.keys()].flatMap((key) => {
      const names = key.split('/');
      const odd = names.slice(0, -1).findIndex((name) => isBytes(this.#folder, name));
      return odd < 0 ? [] : [`${names.slice(0, odd + 1).join('/')}/`];
    });
    return [...new Set(folders)];
  }

  #isOverlooked({ key, stats }: WalkedFile): boolean {
    if (stats === undefined) return false;
    return isBytes(this.#folder, key) || stats.isSymbolicLink() || stats.isDirectory();
  }

  #gone(files: ReadonlyMap<string, ListedObject>): FileChange[] {
    const gone = [...this.#tracked].filter(([key]) => !files.has(key));
    for (const [key] of gone) this.#tracked.delete(key);
    return gone.flatMap(([key, { reported }]) => (reported === undefined ? [] : [{ kind: 'gone', key }]));
  }

  #seen(object: ListedObject): FileChange | undefined {
    const { key, etag } = object;
    const tracked = this.#tracked.get(key);
    if (tracked === undefined) this.#tracked.set(key, { etag });
    else if (tracked.etag !== etag) tracked.etag = etag;
    else if (tracked.reported !== etag) {
      tracked.reported = etag;
      return { kind: 'file', object };
    }
    return undefined;
  }
}

function isBytes(folder: string, key: string): boolean {
  return typeof pathOfKey(folder, key) !== 'string';
}

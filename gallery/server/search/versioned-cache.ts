import { Mutex } from 'async-mutex';
import { type RefCounted, refCounted } from '../ref-counted.ts';

/** What a query needs. */
export interface Needed<T> {
  readonly key: string;
  /** Minimum version of the results. */
  readonly version: number;
  /** Called unless something as new is open under the key. */
  readonly open: () => Promise<T>;
}

/** Keeps what was opened on the results open between queries, until newer results are needed. */
export interface VersionedCache<T> {
  /** Queries run one at a time. */
  use<R>(needed: Needed<T>, query: (opened: T) => Promise<R>): Promise<R>;
  close(): Promise<void>;
}

export function versionedCache<T extends { close(): Promise<void> }>(): VersionedCache<T> {
  const all = new Map<string, { readonly version: number; readonly opened: RefCounted<T> }>();
  const mutex = new Mutex();

  const newest = async ({ key, version, open }: Needed<T>): Promise<RefCounted<T>> => {
    const previous = all.get(key);
    if (previous !== undefined && previous.version >= version) return previous.opened;
    const opened = refCounted(await open());
    all.set(key, { version, opened });
    await previous?.opened.retire();
    return opened;
  };
  return {
    use: (needed, query) => mutex.runExclusive(async () => (await newest(needed)).use(query)),
    close: () =>
      mutex.runExclusive(async () => {
        await Promise.all([...all.values()].map(({ opened }) => opened.retire()));
      }),
  };
}

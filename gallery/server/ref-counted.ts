/** A resource with several concurrent users. After `retire`, it is closed when the last user is done. */
export interface RefCounted<T> {
  use<R>(work: (value: T) => Promise<R>): Promise<R>;
  /** Resolves when the resource is closed. */
  retire(): Promise<void>;
}

export function refCounted<T extends { close(): Promise<void> }>(value: T): RefCounted<T> {
  let users = 0;
  let isRetired = false;
  const { promise: idle, resolve } = Promise.withResolvers<void>();
  return {
    async use(work) {
      users += 1;
      try {
        return await work(value);
      } finally {
        users -= 1;
        if (isRetired && users === 0) resolve();
      }
    },
    async retire() {
      isRetired = true;
      if (users === 0) resolve();
      await idle;
      await value.close();
    },
  };
}

import { UserError } from '../../shared/failures/user-error.ts';

/** Work that ends with an error that says so once its source is closed. */
export interface Closable {
  /** @throws {UserError} if the results are closed, also meanwhile */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** The items of chunks. @throws {UserError} as `run` */
  items<T>(chunks: () => AsyncIterable<readonly T[]> | Promise<AsyncIterable<readonly T[]>>): AsyncGenerator<T>;
  /** Calling it again waits for the same end. */
  close(): Promise<void>;
}

/** Closes results once. DuckDB's own messages about a closed connection say nothing to users. */
export function closable(end: () => Promise<unknown>): Closable {
  let closing: Promise<void> | undefined;
  const closedError = (cause?: unknown) => new UserError('the results are closed: open them again', { cause });
  const whileOpen = () => {
    if (closing !== undefined) throw closedError();
  };
  const explain = (error: unknown) => (closing === undefined ? error : closedError(error));
  return {
    async run(work) {
      whileOpen();
      try {
        return await work();
      } catch (error) {
        throw explain(error);
      }
    },
    async *items(chunks) {
      whileOpen();
      try {
        for await (const chunk of await chunks()) {
          for (const item of chunk) {
            whileOpen();
            yield item;
          }
        }
      } catch (error) {
        throw explain(error);
      }
    },
    close() {
      closing ??= end().then(() => {});
      return closing;
    },
  };
}

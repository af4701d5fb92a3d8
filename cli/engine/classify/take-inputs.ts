import { Failure } from '../../../shared/failures/failure.ts';
import { untilAborted } from '../../../shared/flow/until-aborted.ts';

export interface TakeOptions {
  /** Aborted to end the inputs, also while one is awaited. */
  readonly stop: AbortSignal;
  /** Awaited before each input is taken. */
  readonly ready?: () => Promise<unknown>;
}

/**
 * The inputs one after another. They are ended when the loop is left.
 * @throws {Failure} `timeout` once `stop` is aborted; what the inputs throw
 */
export async function* takeInputs<T>(
  inputs: Iterable<T> | AsyncIterable<T>,
  { stop, ready }: TakeOptions,
): AsyncGenerator<T, void> {
  const stopped = () => new Failure('timeout', 'the images were not needed any more');
  let iterator: AsyncIterator<T> | Iterator<T> | undefined;
  let isDone = false;
  try {
    iterator = Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]();
    for (;;) {
      if (ready) await untilAborted(ready(), stop, stopped);
      isDone = true; // an iterator that throws has ended
      const next = await untilAborted(Promise.resolve(iterator.next()), stop, stopped);
      isDone = next.done === true;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not awaited: an iterator that waits for its next input ends after that.
    if (!isDone || stop.aborted) Promise.resolve(iterator?.return?.()).catch(() => {});
  }
}

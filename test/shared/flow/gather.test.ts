import { describe, expect, it, vi } from 'vitest';
import { type Group, gather } from '../../../shared/flow/gather.ts';

async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** A source of pushed items that counts its reads. */
function pushSource<T>() {
  const waiting: ((result: IteratorResult<T, undefined>) => void)[] = [];
  const ready: IteratorResult<T, undefined>[] = [];
  const put = (result: IteratorResult<T, undefined>) => {
    const taker = waiting.shift();
    if (taker) taker(result);
    else ready.push(result);
  };
  let reads = 0;
  const source: AsyncIterable<T> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        reads += 1;
        const result = ready.shift();
        return result ? Promise.resolve(result) : new Promise((resolve) => waiting.push(resolve));
      },
    }),
  };
  return {
    source,
    push: (value: T) => put({ done: false, value }),
    end: () => put({ done: true, value: undefined }),
    reads: () => reads,
  };
}

describe('gather', () => {
  it('closes a group when it is full, and the last one when the source ends', async () => {
    const groups = await Array.fromAsync(gather(from([1, 2, 3, 4, 5]), { size: 2, maxAgeMs: 60_000 }));
    expect(groups).toEqual([
      { items: [1, 2], closed: 'size' },
      { items: [3, 4], closed: 'size' },
      { items: [5], closed: 'drain' },
    ]);
  });

  it('yields no group for an empty source', async () => {
    expect(await Array.fromAsync(gather(from([]), { size: 2, maxAgeMs: 0 }))).toEqual([]);
  });

  it('closes a group that is not full when its oldest item has waited long enough', async () => {
    vi.useFakeTimers();
    try {
      const { source, push, end } = pushSource<string>();
      const groups = gather(source, { size: 10, maxAgeMs: 500 });
      const first = groups.next();
      push('a');
      push('b');
      await vi.advanceTimersByTimeAsync(500);
      expect(await first).toEqual({ done: false, value: { items: ['a', 'b'], closed: 'age' } });
      const second = groups.next();
      push('c');
      end();
      expect(await second).toEqual({ done: false, value: { items: ['c'], closed: 'drain' } });
    } finally {
      vi.useRealTimers();
    }
  });

  it('keeps items of different lanes in separate groups', async () => {
    vi.useFakeTimers();
    try {
      const { source, push, end } = pushSource<string>();
      const groups = Array.fromAsync(gather(source, { size: 2, maxAgeMs: 500, laneOf: ([lane = '']) => lane }));
      push('a1');
      push('b1');
      push('c1');
      push('a2');
      await vi.advanceTimersByTimeAsync(400);
      push('c2');
      push('a3');
      await vi.advanceTimersByTimeAsync(100);
      push('b2');
      end();
      expect(await groups).toEqual([
        { items: ['a1', 'a2'], closed: 'size' },
        { items: ['c1', 'c2'], closed: 'size' },
        { items: ['b1'], closed: 'age' },
        { items: ['a3'], closed: 'drain' },
        { items: ['b2'], closed: 'drain' },
      ]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('closes a group as soon as one of its items has waited for its maximum', async () => {
    vi.useFakeTimers();
    try {
      const { source, push } = pushSource<number>();
      const groups = gather(source, { size: 10, maxAgeMs: (item) => item });
      const first = groups.next();
      let closed = false;
      first.then(() => {
        closed = true;
      });
      push(5_000);
      push(200);
      push(3_000);
      await vi.advanceTimersByTimeAsync(199);
      expect(closed).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      expect(await first).toEqual({ done: false, value: { items: [5_000, 200, 3_000], closed: 'age' } });
    } finally {
      vi.useRealTimers();
    }
  });

  it('reads only one item ahead of a consumer', async () => {
    const { source, push, reads } = pushSource<number>();
    for (let item = 0; item < 10; item += 1) push(item);
    const groups = gather(source, { size: 2, maxAgeMs: 60_000 });
    await groups.next();
    expect(reads()).toBe(3);
  });

  it('reports an error of the source after its consumer was busy', async () => {
    const failing = async function* () {
      yield 1;
      throw new Error('the queue is unavailable');
    };
    const groups = gather(failing(), { size: 1, maxAgeMs: 1000 });
    expect((await groups.next()).value).toEqual({ items: [1], closed: 'size' });
    await new Promise((resolve) => setImmediate(resolve)); // time enough for a rejection without a handler
    await expect(groups.next()).rejects.toThrow('the queue is unavailable');
  });

  it('can be ended while the source has no item', async () => {
    const { source, push } = pushSource<number>();
    push(1);
    for await (const group of gather(source, { size: 1, maxAgeMs: 1000 })) {
      expect(group.items).toEqual([1]);
      break;
    }
  });

  it('throws the error of the source', async () => {
    const failing = async function* () {
      yield 1;
      throw new Error('the queue is unavailable');
    };
    const seen: Group<number>[] = [];
    const consume = async () => {
      for await (const group of gather(failing(), { size: 1, maxAgeMs: 1000 })) seen.push(group);
    };
    await expect(consume()).rejects.toThrow('the queue is unavailable');
    expect(seen).toEqual([{ items: [1], closed: 'size' }]);
  });
});

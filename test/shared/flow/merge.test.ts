import { describe, expect, it } from 'vitest';
import { merge } from '../../../shared/flow/merge.ts';

async function* spaced(ms: readonly number[], name: string): AsyncGenerator<string> {
  for (const [index, wait] of ms.entries()) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    yield `${name}${index}`;
  }
}

describe('merge', () => {
  it('gives the items of all sources, each source in its order, as they come', async () => {
    const items = await Array.fromAsync(merge([spaced([1, 60, 1], 'slow'), spaced([20, 1], 'fast')]));
    expect(items).toEqual(['slow0', 'fast0', 'fast1', 'slow1', 'slow2']);
  });

  it('asks a source for one item more than was taken of it, no further', async () => {
    let asked = 0;
    async function* counting() {
      for (;;) {
        asked += 1;
        yield asked;
      }
    }
    const merged = merge([counting()]);
    await merged.next();
    await merged.next();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(asked).toBe(3);
  });

  it('fails with what a source fails with', async () => {
    async function* failing(): AsyncGenerator<string> {
      yield 'one';
      throw new Error('the queue is away');
    }
    await expect(Array.fromAsync(merge([failing(), spaced([5, 500], 'other')]))).rejects.toThrow('the queue is away');
  });

  it('keeps what a source fails with while its consumer is busy', async () => {
    async function* failing(): AsyncGenerator<string> {
      yield 'one';
      throw new Error('the queue is away');
    }
    const merged = merge([failing()]);
    expect((await merged.next()).value).toBe('one');
    await new Promise((resolve) => setImmediate(resolve)); // time enough for a rejection without a handler
    await expect(merged.next()).rejects.toThrow('the queue is away');
  });

  it('of nothing is nothing', async () => {
    expect(await Array.fromAsync(merge([]))).toEqual([]);
  });
});

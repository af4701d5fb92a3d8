import { describe, expect, it } from 'vitest';
import { merge } from '../../../shared/flow/merge.ts';

async function* spaced(ms: readonly number[], name: string): AsyncGenerator<string> {
  for (const [index, wait] of ms.entries()) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    yield `${name}${index}`;
  }
}

describe('merge', () => {
  it('yields items as they arrive, those of each source in order', async () => {
    const items = await Array.fromAsync(merge([spaced([1, 60, 1], 'slow'), spaced([20, 1], 'fast')]));
    expect(items).toEqual(['slow0', 'fast0', 'fast1', 'slow1', 'slow2']);
  });

  it('reads only one item of each source ahead', async () => {
    let reads = 0;
    async function* counting() {
      for (;;) {
        reads += 1;
        yield reads;
      }
    }
    const merged = merge([counting()]);
    await merged.next();
    await merged.next();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(reads).toBe(3);
  });

  it('throws the error of a source', async () => {
    async function* failing(): AsyncGenerator<string> {
      yield 'one';
      throw new Error('the queue is unavailable');
    }
    await expect(Array.fromAsync(merge([failing(), spaced([5, 500], 'other')]))).rejects.toThrow(
      'the queue is unavailable',
    );
  });

  it('reports an error of a source after its consumer was busy', async () => {
    async function* failing(): AsyncGenerator<string> {
      yield 'one';
      throw new Error('the queue is unavailable');
    }
    const merged = merge([failing()]);
    expect((await merged.next()).value).toBe('one');
    await new Promise((resolve) => setImmediate(resolve)); // time enough for a rejection without a handler
    await expect(merged.next()).rejects.toThrow('the queue is unavailable');
  });

  it('yields nothing without sources', async () => {
    expect(await Array.fromAsync(merge([]))).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { readPaths } from '../../../../cli/engine/classify/read-paths.ts';

describe('a list of paths', () => {
  it('that consists of NUL without an end is refused as binary', async () => {
    async function* zeros() {
      for (;;) yield new Uint8Array(1000);
    }
    await expect(Array.fromAsync(readPaths(zeros()))).rejects.toThrow('not a list of paths, but binary');
  });

  it('separated by NUL is read', async () => {
    const list = async function* () {
      yield Buffer.from('a.jpg\0b.jpg\0');
    };
    expect(await Array.fromAsync(readPaths(list()))).toEqual(['a.jpg', 'b.jpg']);
  });
});

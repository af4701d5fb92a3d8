import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RuntimeThread } from '../../../shared/inference/runtime-thread.ts';
import type { EchoHandlers } from '../../support/echo-thread.ts';

let thread: RuntimeThread<EchoHandlers>;

beforeEach(() => {
  thread = new RuntimeThread(new URL('../../support/echo-thread.ts', import.meta.url));
});
afterEach(() => thread.close());

describe('a runtime thread', () => {
  it('replies with what its handler returns', async () => {
    expect(await thread.request('echo', 'a')).toBe('a');
    expect(await thread.request('echo', 'b')).toBe('b');
  });

  it('moves transferred buffers instead of copying them', async () => {
    const buffer = new ArrayBuffer(8);
    expect(await thread.request('length', buffer, [buffer])).toBe(8);
    expect(buffer.detached).toBe(true);
  });

  it('fails with the message that its handler throws, and serves the next request', async () => {
    await expect(thread.request('fail', 'bad shape')).rejects.toMatchObject({
      name: 'NetworkError',
      message: 'bad shape',
    });
    expect(await thread.request('echo', 'a')).toBe('a');
  });

  it('fails the current and all later requests once it has ended', async () => {
    const lost = { name: 'SessionLost', message: 'the runtime thread has ended' };
    await expect(thread.request('exit', 1)).rejects.toMatchObject(lost);
    await expect(thread.request('echo', 'a')).rejects.toMatchObject(lost);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Failure } from '../../../shared/failures/failure.ts';
import { MemoryQueue } from '../../../shared/stores/local/memory-queue.ts';
import { VisibilityKeeper } from '../../../shared/stores/visibility-keeper.ts';

let queue: MemoryQueue<string>;
let keeper: VisibilityKeeper;

beforeEach(() => {
  vi.useFakeTimers();
  queue = new MemoryQueue({ visibilitySeconds: 10 });
  keeper = new VisibilityKeeper(queue);
});
afterEach(() => {
  keeper.close();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const receive = () => queue.receive({ max: 10, waitSeconds: 0 });

/** Sends messages, receives them and holds them. */
async function hold(...bodies: readonly string[]): Promise<string[]> {
  await queue.send(bodies);
  const receipts = (await receive()).map(({ receipt }) => receipt);
  keeper.hold(receipts, performance.now());
  return receipts;
}

describe('the visibility of held messages', () => {
  it('is extended while they are held', async () => {
    await hold('a', 'b');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await receive()).toEqual([]);
  });

  it('is not extended after they were released', async () => {
    const [a = ''] = await hold('a', 'b');
    keeper.release([a]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await receive()).toMatchObject([{ body: 'a', attempt: 2 }]);
  });

  it('ends as set, and is not extended after that', async () => {
    const receipts = await hold('a', 'b');
    expect(await keeper.setVisibility(receipts, 5)).toEqual([]);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(await receive()).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await receive()).toHaveLength(2);
  });

  it('is not extended after the keeper was closed', async () => {
    await hold('a');
    keeper.close();
    await vi.advanceTimersByTimeAsync(11_000);
    expect(await receive()).toMatchObject([{ body: 'a' }]);
  });

  it('is extended in requests of ten at most', async () => {
    const extended = vi.spyOn(queue, 'setVisibility');
    for (let round = 0; round < 3; round += 1) await hold(...Array.from({ length: 8 }, (_, index) => `${index}`));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(extended.mock.calls.map(([receipts]) => receipts.length)).toEqual([10, 10, 4]);
  });

  it.each([
    ['fails', (mock: ReturnType<typeof spy>) => mock.mockRejectedValueOnce(new Failure('unavailable', 'no answer'))],
    [
      'is refused',
      (mock: ReturnType<typeof spy>) =>
        mock.mockResolvedValueOnce([{ index: 0, failure: new Failure('unavailable', 'not now') }]),
    ],
  ])('is extended at the next check when an extension %s', async (_, fail) => {
    await hold('a');
    fail(spy());
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await receive()).toEqual([]);
  });

  it('is extended when the clock of the machine is set back', async () => {
    await hold('a');
    const now = Date.now();
    await vi.advanceTimersByTimeAsync(2_000);
    vi.setSystemTime(now - 60_000);
    for (let second = 0; second < 30; second += 1) {
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await receive()).toEqual([]);
    }
  });

  it('is extended while the request that extends other messages gets no answer', async () => {
    const { promise, resolve } = Promise.withResolvers<[]>();
    spy().mockReturnValueOnce(promise);
    await hold('a');
    await vi.advanceTimersByTimeAsync(3_000);
    await hold('b');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await receive()).toMatchObject([{ body: 'a' }]);
    resolve([]);
  });

  it('is set after a running extension has ended, which would undo it', async () => {
    const { promise, resolve } = Promise.withResolvers<[]>();
    const requests = spy().mockReturnValueOnce(promise);
    const receipts = await hold('a');
    await vi.advanceTimersByTimeAsync(5_000);
    const setting = keeper.setVisibility(receipts, 0);
    await vi.advanceTimersByTimeAsync(500);
    expect(requests).toHaveBeenCalledTimes(1);
    resolve([]);
    await setting;
    expect(await receive()).toMatchObject([{ body: 'a' }]);
  });

  it('is set within a second although a running extension gets no answer', async () => {
    spy().mockReturnValueOnce(new Promise(() => {}));
    const receipts = await hold('a');
    await vi.advanceTimersByTimeAsync(5_000);
    const setting = keeper.setVisibility(receipts, 0);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await setting).toEqual([]);
    expect(await receive()).toMatchObject([{ body: 'a' }]);
  });
});

function spy() {
  return vi.spyOn(queue, 'setVisibility');
}

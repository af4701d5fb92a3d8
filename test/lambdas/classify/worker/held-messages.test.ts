import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HeldMessages } from '../../../../lambdas/classify/worker/held-messages.ts';
import type { CropMessage } from '../../../../shared/crops/crop-message.ts';
import { MemoryQueue } from '../../../../shared/stores/local/memory-queue.ts';
import { cropOf } from '../../../support/crops.ts';

let queue: MemoryQueue<CropMessage>;
let held: HeldMessages;

beforeEach(() => {
  vi.useFakeTimers();
  queue = new MemoryQueue({ visibilitySeconds: 10, maxAttempts: 3 });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await held.close();
  vi.useRealTimers();
});

const take = (from: Pick<HeldMessages, 'receive'>) => from.receive({ max: 10, waitSeconds: 0 });
const receipts = async () => (await take(held)).map(({ receipt }) => receipt);

describe('held messages', () => {
  it('stay hidden while they are held, and are counted', async () => {
    const counts: number[] = [];
    held = new HeldMessages(queue, (count) => counts.push(count));
    await queue.send([cropOf({ key: 'a' }), cropOf({ key: 'b' })]);
    await take(held);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await take(queue)).toEqual([]);
    expect(counts).toEqual([2]);
  });

  it('are no longer extended after they were acknowledged or returned', async () => {
    held = new HeldMessages(queue);
    const extended = vi.spyOn(queue, 'setVisibility');
    await queue.send([cropOf({ key: 'a' }), cropOf({ key: 'b' })]);
    const [one = '', other = ''] = await receipts();
    await held.acknowledge([one]);
    await held.setVisibility([other], 5);
    extended.mockClear();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(extended).not.toHaveBeenCalled();
    expect(held.count).toBe(0);
    expect(await take(queue)).toMatchObject([{ body: { image: { key: 'b' } }, attempt: 2 }]);
  });

  it('report when they are released', async () => {
    held = new HeldMessages(queue);
    await queue.send([cropOf()]);
    const [receipt = ''] = await receipts();
    const calls: string[] = [];
    const released = held.released(receipt).then(() => calls.push('released'));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(calls).toEqual([]);
    await held.acknowledge([receipt]);
    await released;
    await held.released(receipt);
  });

  it('report their number of deliveries', async () => {
    held = new HeldMessages(queue);
    await queue.send([cropOf()]);
    const [first = ''] = await receipts();
    expect(held.attemptOf(first)).toBe(1);
    await held.setVisibility([first], 0);
    const [second = ''] = await receipts();
    expect(held.attemptOf(second)).toBe(2);
  });

  it('are all returned at once when the queue closes', async () => {
    held = new HeldMessages(queue);
    await queue.send(['a', 'b', 'c'].map((key) => cropOf({ key })));
    const [done = ''] = await receipts();
    await held.acknowledge([done]);
    await held.close();
    expect(await queue.depth()).toEqual({ visible: 2, inFlight: 0 });
  });

  it('are returned if they arrive after it was closed', async () => {
    held = new HeldMessages(queue);
    const waiting = held.receive({ max: 10, waitSeconds: 20 });
    const closing = held.close();
    await queue.send([cropOf()]);
    expect(await waiting).toEqual([]);
    await closing;
    expect(await queue.depth()).toEqual({ visible: 1, inFlight: 0 });
  });

  it('are awaited for a limited time at the end while a receive is running', async () => {
    held = new HeldMessages(queue);
    const waiting = held.receive({ max: 10, waitSeconds: 20 });
    let closed = false;
    const closing = held.close().then(() => {
      closed = true;
    });
    await vi.advanceTimersByTimeAsync(1_900);
    expect(closed).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    expect(closed).toBe(true);
    await closing;
    await vi.advanceTimersByTimeAsync(20_000);
    await waiting;
  });

  it('are returned within seconds even if the queue does not respond', async () => {
    held = new HeldMessages(queue);
    await queue.send([cropOf()]);
    await take(held);
    vi.spyOn(queue, 'setVisibility').mockReturnValue(new Promise(() => {}));
    await vi.advanceTimersByTimeAsync(5_000);
    const closing = held.close();
    await vi.advanceTimersByTimeAsync(4_000);
    await closing;
  });
});

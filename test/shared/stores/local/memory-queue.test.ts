import { spawnSync } from 'node:child_process';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { MemoryQueue, type MemoryQueueOptions } from '../../../../shared/stores/local/memory-queue.ts';
import { queueContract } from '../contract/queue.ts';

const now = { max: 10, waitSeconds: 0 };

describe('a queue in memory', () => {
  queueContract(async (options) => {
    const queue = new MemoryQueue<string>(options);
    return { queue, deadLetters: async () => queue.deadLetters() };
  });
});

describe('the memory queue', () => {
  it('delivers the same objects in the order of sending', async () => {
    const queue = new MemoryQueue<{ name: string }>({ visibilitySeconds: 30 });
    const sent = [{ name: 'a' }, { name: 'b' }];
    await queue.send(sent);
    const received = await queue.receive(now);
    expect(received[0]?.body).toBe(sent[0]);
    expect(received[1]?.body).toBe(sent[1]);
  });

  it('hands over the body of a message once, when it is acknowledged', async () => {
    const bodies: string[] = [];
    const queue = new MemoryQueue<string>({ visibilitySeconds: 30, onAcknowledged: (body) => bodies.push(body) });
    await queue.send(['a', 'b']);
    const receipts = (await queue.receive(now)).map(({ receipt }) => receipt);
    await queue.setVisibility(receipts.slice(1), 0);
    await queue.acknowledge(receipts.slice(0, 1));
    await queue.acknowledge(receipts.slice(0, 1));
    expect(bodies).toEqual(['a']);
  });

  it('deletes a message by an expired receipt until it is delivered again', async () => {
    const queue = new MemoryQueue<string>({ visibilitySeconds: 30 });
    await queue.send(['a', 'b']);
    const receipts = (await queue.receive(now)).map(({ receipt }) => receipt);
    await queue.setVisibility(receipts, 0);
    await queue.acknowledge(receipts.slice(0, 1));
    expect(await queue.depth()).toEqual({ visible: 1, inFlight: 0 });
    expect((await queue.receive(now)).map(({ body }) => body)).toEqual(['b']);
  });

  it('makes a message a dead letter as soon as its last visibility ends, without a receive', async () => {
    const queue = new MemoryQueue<string>({ visibilitySeconds: 30, maxAttempts: 1 });
    await queue.send(['a']);
    const [held] = await queue.receive(now);
    await queue.setVisibility([held?.receipt ?? ''], 0);
    expect(queue.deadLetters()).toEqual(['a']);
    expect(await queue.depth()).toEqual({ visible: 0, inFlight: 0 });
  });

  it('delivers a whole batch to a waiting receive', async () => {
    const queue = new MemoryQueue<number>({ visibilitySeconds: 30 });
    const waiting = queue.receive({ max: 10, waitSeconds: 20 });
    await queue.send([1, 2, 3]);
    expect((await waiting).map(({ body }) => body)).toEqual([1, 2, 3]);
  });

  it('delivers to waiting receives in their order', async () => {
    const queue = new MemoryQueue<string>({ visibilitySeconds: 30 });
    const waiting = [1, 2].map(() => queue.receive({ max: 1, waitSeconds: 20 }));
    await queue.send(['first', 'second']);
    const received = await Promise.all(waiting);
    expect(received.map(([delivery]) => delivery?.body)).toEqual(['first', 'second']);
  });

  it('delivers a hundred thousand messages once each', async () => {
    const queue = new MemoryQueue<number>({ visibilitySeconds: 30 });
    await queue.send(Array.from({ length: 100_000 }, (_, index) => index));
    let sum = 0;
    for (let got = await queue.receive(now); got.length > 0; got = await queue.receive(now)) {
      for (const { body } of got) sum += Number(body);
      await queue.acknowledge(got.map(({ receipt }) => receipt));
    }
    expect(sum).toBe((100_000 * 99_999) / 2);
  });

  it('does not keep the process alive for held messages', () => {
    const module = fileURLToPath(new URL('../../../../shared/stores/local/memory-queue.ts', import.meta.url));
    const program = `
      import { MemoryQueue } from ${JSON.stringify(module)};
      const queue = new MemoryQueue({ visibilitySeconds: 43_200 });
      await queue.send(['a']);
      await queue.receive({ max: 1, waitSeconds: 0 });`;
    const ended = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { timeout: 300_000 });
    expect(ended.status).toBe(0);
  });

  it('keeps the process alive for a waiting receive', () => {
    const module = fileURLToPath(new URL('../../../../shared/stores/local/memory-queue.ts', import.meta.url));
    const program = `
      import { MemoryQueue } from ${JSON.stringify(module)};
      const queue = new MemoryQueue({ visibilitySeconds: 0.1 });
      await queue.send(['a']);
      await queue.receive({ max: 1, waitSeconds: 0 });
      const [again] = await queue.receive({ max: 1, waitSeconds: 10 });
      console.log(again.attempt);`;
    const ended = spawnSync(process.execPath, ['--input-type=module', '--eval', program]);
    expect(String(ended.stdout)).toBe('2\n');
  });

  it.each<[string, Partial<MemoryQueueOptions<string>>]>([
    ['visibility', { visibilitySeconds: -1 }],
    ['visibility', { visibilitySeconds: Number.NaN }],
    ['visibility', { visibilitySeconds: 43_201 }],
    ['maxAttempts', { maxAttempts: 0 }],
    ['capacity', { capacity: 0 }],
  ])('rejects an invalid %s: %o', (name, options) => {
    expect(() => new MemoryQueue({ visibilitySeconds: 30, ...options })).toThrow(name);
  });
});

describe('a full queue in memory', () => {
  it('makes a sender wait until visible and held messages leave room', async () => {
    const queue = new MemoryQueue<number>({ visibilitySeconds: 30, capacity: 2 });
    const progress = settled(queue.send([1, 2, 3]));
    expect(await queue.depth()).toEqual({ visible: 2, inFlight: 0 });
    const [first] = await queue.receive({ max: 1, waitSeconds: 0 });
    await turn();
    expect(progress.done).toBe(false);
    await queue.acknowledge([first?.receipt ?? '']);
    await turn();
    expect(progress.done).toBe(true);
    expect((await queue.receive(now)).map(({ body }) => body)).toEqual([2, 3]);
  });

  it('counts the weight of messages, and accepts one that is heavier than the queue when it has room', async () => {
    const queue = new MemoryQueue<number>({ visibilitySeconds: 30, capacity: 10, weightOf: (body) => body });
    const progress = settled(queue.send([6, 3, 50, 1]));
    expect(await queue.depth()).toEqual({ visible: 3, inFlight: 0 });
    const [first, second, heavy] = await queue.receive(now);
    await queue.acknowledge([first?.receipt ?? '', second?.receipt ?? '']);
    await turn();
    expect(progress.done).toBe(false);
    await queue.acknowledge([heavy?.receipt ?? '']);
    await turn();
    expect(progress.done).toBe(true);
    expect((await queue.receive(now)).map(({ body }) => body)).toEqual([1]);
  });

  it('accepts more messages than its capacity over time, but never holds more', async () => {
    const queue = new MemoryQueue<number>({ visibilitySeconds: 30, capacity: 4 });
    const sending = queue.send(Array.from({ length: 50 }, (_, index) => index));
    const seen: unknown[] = [];
    while (seen.length < 50) {
      const { visible, inFlight } = await queue.depth();
      expect(visible + inFlight).toBeLessThanOrEqual(4);
      const got = await queue.receive({ max: 3, waitSeconds: 5 });
      seen.push(...got.map(({ body }) => body));
      await queue.acknowledge(got.map(({ receipt }) => receipt));
    }
    expect(await sending).toEqual([]);
    expect(seen).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });

  it('accepts messages of waiting senders in their order', async () => {
    const queue = new MemoryQueue<string>({ visibilitySeconds: 30, capacity: 1 });
    const sends = [queue.send(['a', 'b']), queue.send(['c'])];
    const seen: unknown[] = [];
    for (let round = 0; round < 3; round += 1) {
      const [held] = await queue.receive({ max: 1, waitSeconds: 5 });
      seen.push(held?.body);
      await queue.acknowledge([held?.receipt ?? '']);
    }
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(await Promise.all(sends)).toEqual([[], []]);
  });

  it('has room after a message became a dead letter', async () => {
    const queue = new MemoryQueue<string>({ visibilitySeconds: 30, capacity: 1, maxAttempts: 1 });
    const sending = queue.send(['poison', 'good']);
    const [held] = await queue.receive(now);
    const waiting = queue.receive({ max: 1, waitSeconds: 5 });
    await queue.setVisibility([held?.receipt ?? ''], 0);
    expect((await waiting).map(({ body }) => body)).toEqual(['good']);
    expect(await sending).toEqual([]);
  });

  it('refuses waiting and later messages if it is aborted', async () => {
    const stop = new AbortController();
    const queue = new MemoryQueue<string>({ visibilitySeconds: 30, capacity: 2, signal: stop.signal });
    const sending = queue.send(['a', 'b', 'c', 'd']);
    stop.abort();
    expect(await sending).toMatchObject([
      { index: 2, failure: { reason: 'unavailable' } },
      { index: 3, failure: { reason: 'unavailable' } },
    ]);
    expect(await queue.send(['e'])).toMatchObject([{ index: 0, failure: { reason: 'unavailable' } }]);
    expect((await queue.receive(now)).map(({ body }) => body)).toEqual(['a', 'b']);
  });
});

function settled(promise: Promise<unknown>): { done: boolean } {
  const state = { done: false };
  promise.then(
    () => {
      state.done = true;
    },
    () => {},
  );
  return state;
}

import { expect, it } from 'vitest';
import { Failure } from '../../../../shared/failures/failure.ts';
import type { Delivery, Queue } from '../../../../shared/stores/ports.ts';

export interface QueueUnderTest {
  readonly queue: Queue<string>;
  /** Bodies of the dead letters, once there are as many as expected. */
  deadLetters(expected: number): Promise<readonly string[]>;
}

export interface QueueUnderTestOptions {
  readonly visibilitySeconds: number;
  readonly maxAttempts?: number;
}

/** The contract of queues, tested at the shortest visibility that SQS allows. */
export function queueContract(open: (options: QueueUnderTestOptions) => Promise<QueueUnderTest>): void {
  const long = { visibilitySeconds: 30 };
  const short = { visibilitySeconds: 1 };
  const now = { max: 10, waitSeconds: 0 };
  const soon = { max: 10, waitSeconds: 10 };
  /** The longest wait that SQS allows. */
  const longest = { max: 10, waitSeconds: 20 };
  /**
   * Starts the longest wait on an empty queue. A wait of this length that starts later but ends earlier did not last its
   * full time. Unlike a measured time, the order of the two does not depend on how busy this process is.
   */
  const startFullWait = async () => {
    const { queue } = await open(long);
    const end = new AbortController();
    const waited = queue.receive({ ...longest, signal: end.signal }).then(() => 'a full wait');
    return { waited, end };
  };

  it('delivers each message once while it is held', async () => {
    const { queue } = await open(long);
    const bodies = numbered(25);
    expect(await queue.send(bodies)).toEqual([]);
    const seen: string[] = [];
    for (let got = await queue.receive(now); got.length > 0; got = await queue.receive(now)) {
      seen.push(...got.map(bodyOf));
    }
    expect(seen.toSorted()).toEqual(bodies.toSorted());
  });

  it('accepts calls without messages', async () => {
    const { queue } = await open(long);
    expect(await queue.send([])).toEqual([]);
    expect(await queue.receive(now)).toEqual([]);
    expect(await queue.acknowledge([])).toEqual([]);
    expect(await queue.setVisibility([], 5)).toEqual([]);
  });

  it('delivers at most the requested number of messages, and never more than ten', async () => {
    const { queue } = await open(long);
    await queue.send(numbered(15));
    expect(await queue.receive({ max: 3, waitSeconds: 0 })).toHaveLength(3);
    expect(await queue.receive({ max: 100, waitSeconds: 0 })).toHaveLength(10);
  });

  it('does not change the text of a body', async () => {
    const { queue } = await open(long);
    const body = '{"key":"grün/日本 +100%\\n\\t\\"&<>"}\n\tend ';
    await queue.send([body]);
    expect((await queue.receive(soon)).map(bodyOf)).toEqual([body]);
  });

  it('counts visible and held messages', async () => {
    const { queue } = await open(long);
    await queue.send(['a', 'b', 'c']);
    expect(await queue.depth()).toEqual({ visible: 3, inFlight: 0 });
    const [first] = await queue.receive({ max: 1, waitSeconds: 0 });
    expect(await queue.depth()).toEqual({ visible: 2, inFlight: 1 });
    await queue.acknowledge([first?.receipt ?? '']);
    expect(await queue.depth()).toEqual({ visible: 2, inFlight: 0 });
  });

  it('never delivers an acknowledged message again', async () => {
    const { queue } = await open(short);
    await queue.send(numbered(12));
    const held = [...(await queue.receive(now)), ...(await queue.receive(now))];
    expect(held).toHaveLength(12);
    expect(await queue.acknowledge(held.slice(0, 11).map(({ receipt }) => receipt))).toEqual([]);
    const again = await queue.receive(soon);
    expect(again.map(bodyOf)).toEqual(held.slice(11).map(bodyOf));
  });

  it('delivers a message again once its visibility ends, with a higher attempt and another receipt', async () => {
    const { queue } = await open(short);
    await queue.send(['a']);
    const [first] = await queue.receive(now);
    expect(await queue.receive(now)).toEqual([]);
    const [second] = await queue.receive(soon);
    expect([first?.attempt, second?.attempt]).toEqual([1, 2]);
    expect(second?.body).toBe('a');
    expect(second?.receipt).not.toBe(first?.receipt);
  });

  it('ignores an old receipt after the message was delivered again', async () => {
    const { queue } = await open(long);
    await queue.send(['a']);
    const [first] = await queue.receive(now);
    await queue.setVisibility([first?.receipt ?? ''], 0);
    const [second] = await queue.receive(soon);
    expect(await queue.acknowledge([first?.receipt ?? ''])).toEqual([]);
    const refused = await queue.setVisibility([first?.receipt ?? ''], 0);
    expect(refused).toEqual([{ index: 0, failure: expect.any(Failure) }]);
    expect(await queue.depth()).toEqual({ visible: 0, inFlight: 1 });
    await queue.acknowledge([second?.receipt ?? '']);
    expect(await queue.depth()).toEqual({ visible: 0, inFlight: 0 });
  });

  it('returns a message at once if its visibility is set to 0', async () => {
    const { queue } = await open(long);
    await queue.send(['a']);
    const [first] = await queue.receive(now);
    expect(await queue.setVisibility([first?.receipt ?? ''], 0)).toEqual([]);
    expect(await queue.receive(soon)).toMatchObject([{ body: 'a', attempt: 2 }]);
  });

  it('hides a message longer if its visibility is extended', async () => {
    const { queue } = await open(short);
    await queue.send(['kept', 'released']);
    const held = await queue.receive(now);
    const kept = held.filter(({ body }) => body === 'kept').map(({ receipt }) => receipt);
    expect(await queue.setVisibility(kept, 30)).toEqual([]);
    expect((await queue.receive(soon)).map(bodyOf)).toEqual(['released']);
    expect(await queue.acknowledge(kept)).toEqual([]);
    expect((await queue.depth()).visible).toBe(0);
  });

  it('makes a message a dead letter after its last attempt', async () => {
    const { queue, deadLetters } = await open({ ...long, maxAttempts: 2 });
    expect(queue.maxAttempts).toBe(2);
    await queue.send(['poison', 'good']);
    const attempts: number[] = [];
    for (let round = 0; round < 2; round += 1) {
      for (const { receipt, attempt, body } of await queue.receive(soon)) {
        if (body === 'poison') attempts.push(attempt);
        await (body === 'poison' ? queue.setVisibility([receipt], 0) : queue.acknowledge([receipt]));
      }
    }
    expect(await queue.receive(now)).toEqual([]);
    expect(attempts).toEqual([1, 2]);
    expect(await deadLetters(1)).toEqual(['poison']);
    expect(await queue.depth()).toEqual({ visible: 0, inFlight: 0 });
  });

  it('has unlimited attempts by default', async () => {
    const { queue } = await open(long);
    expect(queue.maxAttempts).toBe(Infinity);
  });

  it('ends the wait of a receive as soon as a message is sent', async () => {
    const { queue } = await open(long);
    const { waited, end } = await startFullWait();
    const waiting = queue.receive(longest);
    await queue.send(['a']);
    expect(await Promise.race([waited, waiting])).toMatchObject([{ body: 'a' }]);
    end.abort();
    await waited;
  });

  it('ends a wait without messages after its time', async () => {
    const { queue } = await open(long);
    const started = performance.now();
    expect(await queue.receive({ max: 10, waitSeconds: 1 })).toEqual([]);
    expect(performance.now() - started).toBeGreaterThan(900);
  });

  it('ends a wait without messages if it is aborted, and receives no message after that', async () => {
    const { queue } = await open(long);
    const abort = new AbortController();
    const { waited, end } = await startFullWait();
    const waiting = queue.receive({ ...longest, signal: abort.signal });
    abort.abort();
    expect(await Promise.race([waited, waiting])).toEqual([]);
    end.abort();
    await waited;
    await queue.send(['a']);
    expect(await queue.receive({ ...soon, signal: abort.signal })).toEqual([]);
    expect(await queue.receive(soon)).toMatchObject([{ body: 'a', attempt: 1 }]);
  });

  it('distributes messages among concurrent receives', async () => {
    const { queue } = await open(long);
    await queue.send(numbered(20));
    const got = await Promise.all(Array.from({ length: 4 }, () => queue.receive({ max: 5, waitSeconds: 1 })));
    expect(new Set(got.flat().map(bodyOf)).size).toBe(20);
  });
}

function numbered(length: number): string[] {
  return Array.from({ length }, (_, index) => `message ${index}`);
}

function bodyOf({ body }: Delivery<string>): string {
  if (body instanceof Failure) throw body;
  return body;
}

import { describe, expect, it } from 'vitest';
import { MessageQueue } from '../../../bench/simulation/aws/message-queue.ts';
import { PolledFunction } from '../../../bench/simulation/aws/polled-function.ts';

const stepSeconds = 2.5;

/** A function with ten pollers of a queue with 1,000 messages; each batch of ten takes 5 seconds. */
function open(available: (now: number) => number) {
  const limits = { maxInFlight: 120_000 };
  const rest = { visibilitySeconds: 30, retentionSeconds: 1e6 };
  const deadLetters = new MessageQueue({ id: 'dead', redrive: undefined, ...rest }, limits);
  const redrive = { queue: 'dead', maxReceives: 2 };
  const queue = new MessageQueue({ id: 'queue', redrive, ...rest }, { ...limits, deadLetters });
  queue.send(1000, 0);
  let time = 0;
  let done = 0;
  const polled: PolledFunction = new PolledFunction({
    definition: {
      ...{ id: 'function', memoryMegabytes: 128, timeoutSeconds: 10, batch: 10, windowSeconds: 0 },
      ...{ maxConcurrency: 10, enabled: true },
    },
    queue,
    firstPollers: 10,
    pollersPerMinute: 0,
    availableConcurrency: () => Math.max(0, available(time) - polled.concurrency),
    secondsFor: () => 5,
    resultOf: () => 'done',
    onDone: (lots) => {
      for (const { messages } of lots) done += messages;
    },
  });
  const runUntil = (end: number) => {
    for (; time <= end; time += stepSeconds) {
      queue.advance(time);
      polled.advance(time, stepSeconds);
    }
    return { done, ...polled.takeCounts(), deadLetters: deadLetters.total };
  };
  return { queue, polled, runUntil };
}

describe('a polled function', () => {
  it('is not throttled while concurrency is left', () => {
    const { runUntil } = open(() => 10);
    expect(runUntil(600)).toMatchObject({ done: 1000, throttles: 0, deadLetters: 0 });
  });

  it('repeats throttled batches, which lose nothing if one runs in time', () => {
    const { polled, runUntil } = open(() => 5);
    const { done, throttles, deadLetters } = runUntil(600);
    expect({ done, deadLetters }).toEqual({ done: 1000, deadLetters: 0 });
    expect(throttles).toBeGreaterThan(0);
    expect(polled.duplicates).toBe(0);
  });

  it('loses an attempt of its messages for each visibility timeout without concurrency', () => {
    const { queue, runUntil } = open(() => 0);
    const { done, invocations, throttles } = runUntil(29);
    expect({ done, invocations }).toEqual({ done: 0, invocations: 0 });
    expect(throttles).toBe(12 * 10);
    expect(queue.held).toBe(100);
    // Twice for each of ten batches of ten: all of them are dead letters in the end.
    expect(runUntil(1000).deadLetters).toBeGreaterThan(0);
    expect(runUntil(30_000)).toMatchObject({ done: 0, deadLetters: 1000 });
  });
});

import { describe, expect, it } from 'vitest';
import {
  AcceleratorClock,
  describeUtilization,
  type Utilization,
} from '../../../../lambdas/classify/worker/accelerator-clock.ts';

type Stage = 'run' | 'receive' | 'read' | 'fill' | 'store' | 'acknowledge';

type Item = IteratorResult<{ items: readonly unknown[] }>;

const nothing: Utilization = { busy: 0, messages: 0, pixels: 0, batch: 0, store: 0, acknowledgement: 0 };
const all = (of: keyof Utilization): Utilization => ({ ...nothing, [of]: 1 });

/** A manual clock, and work that lasts until the test ends it. */
function setUp({ lanes = 1, writers = 1 } = {}) {
  let time = 0;
  const clock = new AcceleratorClock({ lanes, writers }, () => time);
  const stages: Record<Stage, (work: () => Promise<Item>) => Promise<unknown>> = {
    run: (work) => clock.run(work),
    receive: (next) => clock.receive(next),
    read: (work) => clock.read(work),
    fill: (next) => clock.fill(next),
    store: (work) => clock.store(work),
    acknowledge: (work) => clock.acknowledge(work),
  };
  /** @param items number of items that are received or taken */
  const begin = (stage: Stage, items = 1) => {
    const work = Promise.withResolvers<Item>();
    const done = stages[stage](() => work.promise);
    return async () => {
      work.resolve({ done: false, value: { items: new Array(items) } });
      await done;
    };
  };
  const pass = (ms: number) => {
    time += ms;
  };
  return { clock, begin, pass };
}

describe('AcceleratorClock', () => {
  it('divides the time into batches and the reasons of waiting', async () => {
    const { clock, begin, pass } = setUp();
    const filled = begin('fill');
    const received = begin('receive');
    pass(20);
    const read = begin('read');
    pass(10);
    await read();
    await received();
    pass(10);
    await filled();
    const ran = begin('run');
    pass(50);
    await ran();
    const stored = begin('store');
    pass(5);
    const acknowledged = begin('acknowledge');
    pass(5);
    await acknowledged();
    await stored();
    expect(clock.lap()).toEqual({
      busy: 0.5,
      messages: 0.2,
      pixels: 0.1,
      batch: 0.1,
      store: 0.05,
      acknowledgement: 0.05,
    });
  });

  it('counts every lane', async () => {
    const { clock, begin, pass } = setUp({ lanes: 2 });
    const ran = begin('run');
    const received = begin('receive');
    pass(100);
    await Promise.all([ran(), received()]);
    expect(clock.lap()).toEqual({ ...nothing, busy: 0.5, messages: 0.5 });
  });

  it('counts no waiting while all lanes run batches', async () => {
    const { clock, begin, pass } = setUp();
    const everything = [begin('receive'), begin('store'), begin('run')];
    pass(100);
    await Promise.all(everything.map((end) => end()));
    expect(clock.lap()).toEqual(all('busy'));
  });

  it('counts the store only while every writer is busy', async () => {
    const { clock, begin, pass } = setUp({ writers: 2 });
    const one = begin('store');
    pass(50);
    const other = begin('store');
    pass(50);
    await Promise.all([one(), other()]);
    expect(clock.lap()).toEqual({ ...nothing, batch: 0.5, store: 0.5 });
  });

  it('counts messages while the queue is empty, however long the store takes', () => {
    const { clock, begin, pass } = setUp({ lanes: 2, writers: 2 });
    for (const stage of ['fill', 'receive', 'store', 'store'] as const) begin(stage);
    pass(100);
    expect(clock.lap()).toEqual(all('messages'));
  });

  it('counts the batch while it is filling, even if every writer is busy', async () => {
    const { clock, begin, pass } = setUp();
    begin('fill', 2);
    await begin('receive')();
    begin('receive');
    begin('store');
    pass(100);
    expect(clock.lap()).toEqual(all('batch'));
  });

  it('counts the store while finished batches block the next one', async () => {
    const { clock, begin, pass } = setUp();
    await begin('receive')();
    begin('store');
    pass(100);
    expect(clock.lap()).toEqual(all('store'));
    begin('acknowledge');
    pass(100);
    expect(clock.lap()).toEqual(all('acknowledgement'));
  });

  it('starts again with every lap', async () => {
    const { clock, begin, pass } = setUp();
    pass(100);
    clock.lap();
    const ran = begin('run');
    pass(10);
    await ran();
    expect(clock.lap()).toEqual(all('busy'));
    expect(clock.lap()).toEqual(all('busy'));
  });

  it('counts work that fails', async () => {
    const { clock } = setUp();
    await expect(clock.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });

  it('is described in one line', () => {
    const shares = { busy: 0.931, messages: 0.052, pixels: 0.01, batch: 0.005, store: 0.002, acknowledgement: 0 };
    expect(describeUtilization(shares)).toBe(
      'accelerator 93.1 % busy; waited 5.2 % for messages, 1.0 % for pixels, 0.5 % for batches, 0.2 % for the store, 0.0 % for acknowledgement',
    );
  });
});

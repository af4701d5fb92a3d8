import { describe, expect, it } from 'vitest';
import { AcceleratorClock, describeUtilisation } from '../../lambdas/classify/accelerator-clock.ts';

/** A clock with a hand that tests move, and work that lasts until it is told to end. */
function setUp({ lanes = 1, writers = 1 } = {}) {
  let time = 0;
  const clock = new AcceleratorClock({ lanes, writers }, () => time);
  const begin = (stage: 'run' | 'receive' | 'store') => {
    const work = Promise.withResolvers<void>();
    const done = clock[stage](() => work.promise);
    return async () => {
      work.resolve();
      await done;
    };
  };
  return {
    clock,
    begin,
    pass: (ms: number) => {
      time += ms;
    },
  };
}

describe('the time of an accelerator', () => {
  it('is spent on batches, and on what it waited for while it ran none', async () => {
    const { clock, begin, pass } = setUp();
    const received = begin('receive');
    pass(30);
    await received();
    pass(10);
    const ran = begin('run');
    pass(50);
    await ran();
    const stored = begin('store');
    pass(10);
    await stored();
    expect(clock.lap()).toEqual({ busy: 0.5, crops: 0.3, batch: 0.1, store: 0.1 });
  });

  it('is that of every lane', async () => {
    const { clock, begin, pass } = setUp({ lanes: 2 });
    const ran = begin('run');
    const received = begin('receive');
    pass(100);
    await Promise.all([ran(), received()]);
    expect(clock.lap()).toEqual({ busy: 0.5, crops: 0.5, batch: 0, store: 0 });
  });

  it('is not put down to what is waited for while batches run', async () => {
    const { clock, begin, pass } = setUp();
    const all = [begin('receive'), begin('store'), begin('run')];
    pass(100);
    await Promise.all(all.map((end) => end()));
    expect(clock.lap()).toEqual({ busy: 1, crops: 0, batch: 0, store: 0 });
  });

  it('is the store’s only while every writer is at work', async () => {
    const { clock, begin, pass } = setUp({ writers: 2 });
    const one = begin('store');
    pass(50);
    const other = begin('store');
    pass(50);
    await Promise.all([one(), other()]);
    expect(clock.lap()).toEqual({ busy: 0, crops: 0, batch: 0.5, store: 0.5 });
  });

  it('begins anew with every lap', async () => {
    const { clock, begin, pass } = setUp();
    pass(100);
    clock.lap();
    const ran = begin('run');
    pass(10);
    await ran();
    expect(clock.lap()).toEqual({ busy: 1, crops: 0, batch: 0, store: 0 });
    expect(clock.lap()).toEqual({ busy: 1, crops: 0, batch: 0, store: 0 });
  });

  it('counts work that fails', async () => {
    const { clock } = setUp();
    await expect(clock.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });

  it('is told in one line', () => {
    expect(describeUtilisation({ busy: 0.931, crops: 0.062, batch: 0.005, store: 0.002 })).toBe(
      'accelerator 93.1 % busy; waited 6.2 % for crops, 0.5 % for batches, 0.2 % for the store',
    );
  });
});

import { expect, it } from 'vitest';
import { untilAborted } from '../../../shared/flow/until-aborted.ts';

const failure = (reason: unknown) => new Error(`ended: ${reason}`);
const never = new Promise<never>(() => {});

it('work without a signal, or that ends before the signal, gives its result', async () => {
  expect(await untilAborted(Promise.resolve(1), undefined, failure)).toBe(1);
  expect(await untilAborted(Promise.resolve(1), new AbortController().signal, failure)).toBe(1);
  await expect(untilAborted(Promise.reject(new Error('broken')), undefined, failure)).rejects.toThrow('broken');
});

it('work that goes on is not awaited after the signal', async () => {
  const controller = new AbortController();
  const waiting = untilAborted(never, controller.signal, failure);
  controller.abort('late');
  await expect(waiting).rejects.toThrow('ended: late');
  await expect(untilAborted(never, AbortSignal.abort('before'), failure)).rejects.toThrow('ended: before');
});

it('a later failure of the work is ignored', async () => {
  const work = Promise.withResolvers<void>();
  await expect(untilAborted(work.promise, AbortSignal.abort('late'), failure)).rejects.toThrow('ended: late');
  work.reject(new Error('ignored'));
  await expect(work.promise).rejects.toThrow('ignored');
});

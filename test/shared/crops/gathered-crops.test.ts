import { beforeEach, expect, it } from 'vitest';
import type { CropMessage } from '../../../shared/crops/crop-message.ts';
import { GatheredCrops } from '../../../shared/crops/gathered-crops.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { cropOf } from '../../support/crops.ts';
import { eventually } from '../../support/eventually.ts';

const cropBytes = cropOf().tensor.pixels.byteLength;
const limits = { images: 4, bytes: 3.5 * cropBytes };
const longMs = 3_600_000;
let groups: string[][];

const record = async (messages: readonly CropMessage[]) => {
  groups.push(messages.map(({ image }) => image.key));
  return [];
};
const crop = (key: string) => cropOf({ key });

beforeEach(() => {
  groups = [];
});

it('a group is sent before it exceeds the bytes of a pack, and the rest when it is flushed', async () => {
  const gathered = new GatheredCrops(record, { maxWaitMs: longMs, limits });
  const sent = ['a', 'b', 'c', 'd', 'e'].map((key) => gathered.add(crop(key)));
  expect(groups).toEqual([['a', 'b', 'c']]);
  gathered.flush();
  gathered.flush();
  expect(groups).toEqual([
    ['a', 'b', 'c'],
    ['d', 'e'],
  ]);
  expect(await Promise.all(sent)).toEqual(Array(5).fill(undefined));
});

it('a group is sent when it has as many images as a pack, or one image that fills a pack', async () => {
  const few = new GatheredCrops(record, { maxWaitMs: longMs, limits: { images: 2, bytes: 100 * cropBytes } });
  await Promise.all(['a', 'b'].map((key) => few.add(crop(key))));
  const small = new GatheredCrops(record, { maxWaitMs: longMs, limits: { images: 100, bytes: cropBytes / 2 } });
  await small.add(crop('c'));
  expect(groups).toEqual([['a', 'b'], ['c']]);
});

it('a group that is not full is sent after its first message has waited', async () => {
  const gathered = new GatheredCrops(record, { maxWaitMs: 1, limits });
  await gathered.add(crop('a'));
  await gathered.add(crop('b'));
  expect(groups).toEqual([['a'], ['b']]);
});

it('each message learns whether it was refused, and that sending failed', async () => {
  const full = new Failure('unavailable', 'the queue is full');
  const refusing = new GatheredCrops(async () => [{ index: 1, failure: full }], { maxWaitMs: longMs, limits });
  const refused = ['a', 'b'].map((key) => refusing.add(crop(key)));
  refusing.flush();
  expect(await Promise.all(refused)).toEqual([undefined, full]);
  const failing = new GatheredCrops(() => Promise.reject(new Error('broken')), { maxWaitMs: longMs, limits });
  const failed = failing.add(crop('a'));
  failing.flush();
  expect(await failed).toMatchObject({ reason: 'internal', message: 'broken' });
});

it('has no room while two groups are being sent', async () => {
  const ends: (() => void)[] = [];
  const slow = new GatheredCrops(() => new Promise((resolve) => ends.push(() => resolve([]))), {
    ...{ maxWaitMs: longMs, limits: { ...limits, images: 1 } },
  });
  let hasRoom = false;
  const first = slow.add(crop('a'));
  await slow.room();
  slow.add(crop('b'));
  const room = slow.room().then(() => {
    hasRoom = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect([ends.length, hasRoom]).toEqual([2, false]);
  ends[0]?.();
  await Promise.all([first, room]);
  await eventually(async () => expect(hasRoom).toBe(true));
});

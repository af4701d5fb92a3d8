import { describe, expect, it } from 'vitest';
import { compareEvents, skipEvents } from '../../../lambdas/ingest/skip-events.ts';
import type { UploadEvent } from '../../../shared/events/upload-event.ts';

const event = (changes: Partial<UploadEvent>): UploadEvent => ({
  kind: 'created',
  bucket: 'drop',
  key: 'a.jpg',
  eventTime: new Date('2026-01-02T03:04:05Z'),
  job: 'default',
  ...changes,
});
const put = (sequencer: string, changes: Partial<UploadEvent> = {}) => event({ sequencer, ...changes });
const gone = (sequencer: string, changes: Partial<UploadEvent> = {}) =>
  event({ kind: 'deleted', sequencer, ...changes });
const noOutputs = { outputs: [], requestedPrefix: '' };
const settle = (...events: UploadEvent[]) => skipEvents(events, noOutputs).map((skipped) => skipped ?? 'work');

describe('the events of a batch', () => {
  it.each<[string, UploadEvent[], string[]]>([
    ['one upload', [put('1')], ['work']],
    ['a duplicate upload', [put('1'), put('1')], ['work', 'superseded']],
    ['an upload and a later one', [put('1'), put('2')], ['superseded', 'work']],
    ['the same in the wrong order', [put('2'), put('1')], ['work', 'superseded']],
    ['an upload and its deletion', [put('1'), gone('2')], ['work', 'work']],
    ['the same in the wrong order', [gone('2'), put('1')], ['work', 'work']],
    ['a deletion and a new upload', [gone('1'), put('2')], ['work', 'work']],
    ['a duplicate deletion', [gone('1'), gone('1')], ['work', 'superseded']],
    ['two keys', [put('1'), put('1', { key: 'b.jpg' })], ['work', 'work']],
    ['two buckets', [put('1'), put('2', { bucket: 'other' })], ['work', 'work']],
    ['two versions', [put('1', { versionId: 'v1' }), put('2', { versionId: 'v2' })], ['work', 'work']],
    ['a version and its deletion', [put('1', { versionId: 'v1' }), gone('2', { versionId: 'v1' })], ['work', 'work']],
    [
      'a version and the deletion of another',
      [put('1', { versionId: 'v1' }), gone('2', { versionId: 'v0' })],
      ['work', 'work'],
    ],
    ['a version and a delete marker', [put('1', { versionId: 'v1' }), gone('2')], ['work', 'work']],
    ['a delete marker and a later version', [gone('1'), put('2', { versionId: 'v1' })], ['work', 'work']],
  ])('%s', (_, events, expected) => {
    expect(settle(...events)).toEqual(expected);
  });

  it('of one object, duplicated and in many orders, keep the last upload and the last deletion', () => {
    const history = [put('9'), gone('0A'), put('0B'), put('00C')];
    for (const order of rotations([...history, ...history])) {
      const left = order.filter((_, index) => skipEvents(order, noOutputs)[index] === undefined);
      expect(left.map(({ sequencer }) => sequencer).toSorted()).toEqual(['00C', '0A']);
    }
  });
});

describe('an object that a user named', () => {
  it('is never clutter, unlike an object of the same name from an event', () => {
    const key = 'cats/.scans/a.jpg';
    expect(settle(event({ key, requested: true }), event({ key: 'cats/.scans/b.jpg' }))).toEqual(['work', 'clutter']);
  });
});

describe('a skipped object', () => {
  const outputs = [{ bucket: 'drop', prefix: 'out' }];
  const skipped = (key: string, requestedPrefix = '') => skipEvents([event({ key })], { outputs, requestedPrefix })[0];

  it.each([
    'out/results/date=2026-01-02/20260102T030405678Z-0a1b.parquet',
    'out/packed/date=2026-01-02/20260102T030405678Z-0a1b.crops',
    'out/regions/date=2026-01-02/20260102T030405678Z-0a1b.01234567.parquet',
  ])('is output of the pipeline: %s', (key) => {
    expect(skipped(key)).toBe('output');
  });

  it.each([
    'out/results/cat.jpg',
    'out/packed/cat.jpg',
    'out/regions/cat.jpg',
    'results/date=2026-01-02/20260102T030405678Z-0a1b.parquet',
  ])('is not an object whose key only looks like output: %s', (key) => {
    expect(skipped(key)).toBeUndefined();
  });

  it.each(['.DS_Store', 'a/._x.jpg', '.thumbs/a.jpg', 'a/.h/b.jpg', 'end/'])('is clutter: %s', (key) => {
    expect(skipped(key)).toBe('clutter');
  });

  it.each(['a/../b.jpg', './y.jpg', '../x.jpg', 'z/..', '..b.jpg', '...', 'a/.../x.jpg', '/lead.jpg', 'dou//ble.jpg'])(
    'is not clutter only because its key has dot or empty segments: %s',
    (key) => {
      expect(skipped(key)).toBeUndefined();
    },
  );

  it('has a hidden name, unless the user named its prefix', () => {
    expect(skipped('.thumbs/a.jpg')).toBe('clutter');
    expect(skipped('.thumbs/a.jpg', '.thumbs/')).toBeUndefined();
  });
});

describe('compareEvents', () => {
  it('compares event times if one event has no sequencer', () => {
    const later = event({ eventTime: new Date('2026-01-02T03:04:06Z') });
    expect(compareEvents(put('1'), later)).toBeLessThan(0);
    expect(compareEvents(later, put('1'))).toBeGreaterThan(0);
  });
});

/** Every rotation of the list and of its reverse. */
function rotations<T>(items: readonly T[]): T[][] {
  return [items, items.toReversed()].flatMap((list) =>
    list.map((_, start) => [...list.slice(start), ...list.slice(0, start)]),
  );
}

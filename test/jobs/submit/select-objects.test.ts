import { describe, expect, it } from 'vitest';
import { emptySelection, matchGlobs, relativeKey, selectObjects } from '../../../jobs/submit/select-objects.ts';
import type { ListedObject } from '../../../shared/stores/ports.ts';

const object = (key: string): ListedObject => ({ bucket: 'drop', key, etag: 'e', size: 10, modified: new Date(0) });

async function* listing(keys: readonly string[]): AsyncGenerator<ListedObject> {
  for (const key of keys) yield object(key);
}

describe('matchGlobs', () => {
  it.each<[string, string[], string[], string, boolean]>([
    ['no globs', [], [], 'photos/a.jpg', true],
    ['an extension at the top', ['*.jpg'], [], 'photos/a.jpg', true],
    ['an extension at the top, of a deeper key', ['*.jpg'], [], 'photos/2019/a.jpg', false],
    ['an extension at any depth', ['**/*.jpg'], [], 'photos/2019/05/a.jpg', true],
    ['an extension at any depth, at the top', ['**/*.jpg'], [], 'photos/a.jpg', true],
    ['another extension', ['**/*.jpg'], [], 'photos/a.png', false],
    ['one of two', ['*.jpg', '*.png'], [], 'photos/a.png', true],
    ['braces', ['**/*.{jpg,png}'], [], 'photos/x/a.png', true],
    ['excluded', [], ['drafts/**'], 'photos/drafts/a.jpg', false],
    ['included and excluded', ['**/*.jpg'], ['drafts/**'], 'photos/drafts/x/a.jpg', false],
    ['the prefix itself', ['photos/*.jpg'], [], 'photos/a.jpg', false],
    ['another case', ['*.JPG'], [], 'photos/a.jpg', false],
    ['letters beyond ASCII', ['grün ?.jpg'], [], 'photos/grün 日.jpg', true],
  ])('%s', (_, include, exclude, key, selected) => {
    expect(matchGlobs({ include, exclude }, 'photos/')(key)).toBe(selected);
  });

  it.each([
    ['photos/', 'photos/2019/a.jpg', '2019/a.jpg'],
    ['photos', 'photos/2019/a.jpg', '2019/a.jpg'],
    ['photos', 'photos-old/a.jpg', 'photos-old/a.jpg'],
    ['photos/20', 'photos/2019/a.jpg', '2019/a.jpg'],
    ['', 'photos/a.jpg', 'photos/a.jpg'],
  ])('relative to %j, %s is %s', (prefix, key, below) => {
    expect(relativeKey(prefix, key)).toBe(below);
  });
});

describe('selectObjects', () => {
  it('gives selected objects without a result in order, and counts all', async () => {
    const selected = emptySelection();
    const objects = selectObjects(listing(['a.jpg', 'b.jpg', 'c.txt', 'd.jpg']), {
      isSelected: (key) => key.endsWith('.jpg'),
      findFinished: async () => new Set(['drop/b.jpg@e', 'drop/c.txt@e']),
      selected,
      stop: new AbortController().signal,
    });
    expect((await Array.fromAsync(objects)).map(({ key }) => key)).toEqual(['a.jpg', 'd.jpg']);
    expect(selected).toEqual({
      ...{ listed: 4, filteredOut: 1, done: 1, wanted: 2, bytes: 20 },
      ...{ firstKey: 'a.jpg', ended: true },
    });
  });

  it('looks up ten thousand objects at a time', async () => {
    const lookedUp: number[] = [];
    const keys = Array.from({ length: 25_000 }, (_, index) => String(index));
    const objects = selectObjects(listing(keys), {
      isSelected: () => true,
      findFinished: async (some) => {
        lookedUp.push(some.length);
        return new Set();
      },
      selected: emptySelection(),
      stop: new AbortController().signal,
    });
    expect((await Array.fromAsync(objects)).map(({ key }) => key)).toEqual(keys);
    expect(lookedUp).toEqual([10_000, 10_000, 5_000]);
  });

  it('ends when stopped, without claiming a complete listing', async () => {
    const stop = new AbortController();
    stop.abort();
    const selected = emptySelection();
    const findFinished = async () => new Set<string>();
    const options = { isSelected: () => true, findFinished, selected, stop: stop.signal };
    expect(await Array.fromAsync(selectObjects(listing(['a.jpg']), options))).toEqual([]);
    expect(selected.ended).toBe(false);
  });
});

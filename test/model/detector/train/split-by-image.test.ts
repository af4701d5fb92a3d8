import { describe, expect, it } from 'vitest';
import { splitByImage } from '../../../../model/detector/train/split-by-image.ts';

const images = ['a', 'b', 'c', 'b', 'd', 'e', 'f', 'g'].map((digest, name) => ({ digest, name }));

describe('splitByImage', () => {
  it('tests each image once, and copies of an image together', () => {
    const splits = splitByImage(images, { folds: 3, seed: 1 });
    expect(splits.flatMap(({ test }) => test).toSorted((a, b) => a.name - b.name)).toEqual(images);
    for (const { train, test } of splits) {
      expect([...train, ...test].toSorted((a, b) => a.name - b.name)).toEqual(images);
      const learned = new Set(train.map(({ digest }) => digest));
      expect(test.filter(({ digest }) => learned.has(digest))).toEqual([]);
    }
  });

  it('is the same for the same seed, and has one fold per different image at most', () => {
    expect(splitByImage(images, { folds: 3, seed: 5 })).toEqual(splitByImage(images, { folds: 3, seed: 5 }));
    expect(splitByImage(images, { folds: 3, seed: 5 })).not.toEqual(splitByImage(images, { folds: 3, seed: 6 }));
    expect(splitByImage(images, { folds: 100, seed: 1 })).toHaveLength(7);
  });

  it('leaves an image with objects to learn from in every fold', () => {
    const mixed = images.map((image) => ({
      ...image,
      objects: 'ac'.includes(image.digest) ? [{}] : [{ exempt: 'crowd' }],
    }));
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      for (const { train } of splitByImage(mixed, { folds: 2, seed })) {
        expect(train.some(({ digest }) => 'ac'.includes(digest))).toBe(true);
      }
    }
  });
});

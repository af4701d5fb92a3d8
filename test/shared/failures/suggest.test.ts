import { describe, expect, it } from 'vitest';
import { didYouMean, suggest } from '../../../shared/failures/suggest.ts';

const models = ['googlenet', 'googlenet-int8', 'fashion-mnist'];

describe('the suggestion for a mistyped name', () => {
  it.each([
    ['a missing letter', 'googlnet', 'googlenet'],
    ['two letters swapped', 'fashoin-mnist', 'fashion-mnist'],
    ['another case', 'GoogLeNet-INT8', 'googlenet-int8'],
    ['a part that only one name contains', 'mnist', 'fashion-mnist'],
  ])('is the nearest one: %s', (_, name, nearest) => {
    expect(suggest(name, models)).toBe(nearest);
    expect(didYouMean(name, models)).toBe(` (did you mean ${nearest}?)`);
  });

  it.each([
    ['nothing like it', 'resnet50'],
    ['a part that several names contain', 'goog'],
    ['no text', ''],
    ['a single letter', 'x'],
  ])('is missing: %s', (_, name) => {
    expect(suggest(name, models)).toBeUndefined();
    expect(didYouMean(name, models)).toBe('');
  });

  it('finds a name that other languages write with f', () => {
    expect(suggest('foto', ['beach', 'photos'])).toBe('photos');
  });

  it('finds a short name of which two letters are swapped', () => {
    expect(suggest('rnu', ['watch', 'run'])).toBe('run');
  });

  it('does not take a short name for another one of which half the letters differ', () => {
    expect(suggest('nope', ['anole', 'rope snake', 'note pad'])).toBeUndefined();
    expect(suggest('cat', ['dog', 'emu'])).toBeUndefined();
  });
});

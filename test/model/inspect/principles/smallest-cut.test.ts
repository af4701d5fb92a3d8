import { describe, expect, it } from 'vitest';
import type { Layer } from '../../../../model/inspect/measure-layers.ts';
import { smallestCut } from '../../../../model/inspect/principles/smallest-cut.ts';

/** Layers by output, with what each reads; `image` comes from outside. */
function layersOf(reads: Readonly<Record<string, readonly string[]>>): Layer[] {
  return Object.entries(reads).map(([output, inputs]) => ({
    ...{ name: output, operator: 'Conv', inputs, outputs: [output], shape: [] },
    ...{ isWeighted: true, depth: 1, parameters: 0, multiplyAdds: 0 },
  }));
}

describe('the smallest cut of a block', () => {
  const sizes = (of: Readonly<Record<string, number>>) => new Map(Object.entries(of));

  it('is the output of a block with one layer', () => {
    expect(smallestCut(layersOf({ out: ['image'] }), 'out', sizes({ out: 7 }))).toEqual({ values: ['out'], size: 7 });
  });

  it('takes the smallest value of each branch', () => {
    const layers = layersOf({ a: ['image'], b: ['a'], c: ['image'], d: ['c'], out: ['b', 'd'] });
    const cut = smallestCut(layers, 'out', sizes({ a: 2, b: 9, c: 8, d: 3, out: 20 }));
    expect(cut).toEqual({ values: ['a', 'd'], size: 5 });
  });

  it('counts a value that several branches read once', () => {
    const layers = layersOf({ shared: ['image'], a: ['shared'], b: ['shared'], out: ['a', 'b'] });
    expect(smallestCut(layers, 'out', sizes({ shared: 5, a: 3, b: 3, out: 9 }))).toEqual({
      values: ['shared'],
      size: 5,
    });
  });

  it('is the output if the input goes around the branch', () => {
    const layers = layersOf({ a: ['image'], out: ['image', 'a'] });
    expect(smallestCut(layers, 'out', sizes({ a: 1, out: 10 }))).toEqual({ values: ['out'], size: 10 });
  });

  it('finds values that depend on each other, as in branches that cross', () => {
    const layers = layersOf({ a: ['image'], b: ['image'], c: ['a', 'b'], d: ['b'], e: ['c'], out: ['d', 'e', 'a'] });
    const cut = smallestCut(layers, 'out', sizes({ a: 4, b: 6, c: 3, d: 1, e: 2, out: 40 }));
    // a also reaches the output directly; d and e are smaller than b and c before them.
    expect(cut).toEqual({ values: ['a', 'd', 'e'].toSorted(), size: 7 });
  });
});

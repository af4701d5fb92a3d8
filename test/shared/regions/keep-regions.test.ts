import { describe, expect, it } from 'vitest';
import { keepRegions, maxKept, type ScoredRegion } from '../../../shared/regions/keep-regions.ts';
import { wholeImageBox } from '../../../shared/regions/whole-image.ts';

const names = ['dog', 'cat', 'sofa', 'lamp', 'door'];
const labels = names.map((name, index) => ({ id: `n${index}`, name }));
const withBackground = [...labels.slice(0, 4), { id: 'background', name: 'background' }];
const detector = { labels: withBackground, backgroundLabel: 'background' };

/** The rest of the probability belongs to one other label, so that the entropy is low. */
function probabilities(label: string, probability: number): Float32Array<ArrayBuffer> {
  const index = names.indexOf(label);
  const scores = new Float32Array(names.length);
  scores[index] = probability;
  scores[(index + 1) % names.length] = 1 - probability;
  return scores;
}

type BoxOf = readonly [x: number, y: number, width: number, height: number];

function region([x, y, width, height]: BoxOf, label: string, probability: number, objectness = 0.5): ScoredRegion {
  return { x, y, width, height, objectness, probabilities: probabilities(label, probability) };
}

/** Every label has support in this image. */
const even = new Float32Array(names.length).fill(1 / names.length);

function kept(regions: readonly ScoredRegion[], { whole = even, of = {} }: { whole?: Float32Array; of?: object } = {}) {
  const options = { labels, whole: { ...wholeImageBox({ width: 2000, height: 1000 }), probabilities: whole }, ...of };
  return keepRegions(regions, options).map(({ label, probability, region: { x } }) => [
    label,
    Number(probability.toFixed(2)),
    x,
  ]);
}

describe('regions of the same label', () => {
  it('that overlap by more than 0.3 are one object: the more probable one stays', () => {
    expect(kept([region([0, 0, 100, 100], 'dog', 0.8), region([50, 0, 100, 100], 'dog', 0.9)])).toEqual([
      ['dog', 0.9, 50],
    ]);
    expect(kept([region([0, 0, 100, 100], 'dog', 0.8), region([60, 0, 100, 100], 'dog', 0.9)])).toEqual([
      ['dog', 0.9, 60],
      ['dog', 0.8, 0],
    ]);
  });

  it('of which one is inside the other are one object, however small it is', () => {
    expect(kept([region([0, 0, 100, 100], 'dog', 0.8), region([10, 10, 30, 30], 'dog', 0.9)])).toEqual([
      ['dog', 0.9, 10],
    ]);
  });
});

describe('regions of different labels', () => {
  it('on nearly the same box are one object, which has the more probable label', () => {
    expect(kept([region([0, 0, 100, 100], 'dog', 0.6), region([5, 5, 100, 100], 'cat', 0.8)])).toEqual([
      ['cat', 0.8, 5],
    ]);
  });

  it('of which one is a part of the other both stay', () => {
    expect(kept([region([0, 0, 100, 100], 'sofa', 0.6), region([5, 5, 40, 40], 'cat', 0.8)])).toEqual([
      ['cat', 0.8, 5],
      ['sofa', 0.6, 0],
    ]);
  });
});

describe('a region without an object', () => {
  it('has no label with a probability of at least 0.3', () => {
    // A label of two hundred can be the best one with little entropy and less than a third.
    const many = Array.from({ length: 200 }, (_, index) => ({ id: `n${index}`, name: names[index] ?? `${index}` }));
    const spread = (...values: number[]) => {
      const scores = new Float32Array(many.length);
      scores.set(values);
      return { ...region([0, 0, 9, 9], 'dog', 1), probabilities: scores };
    };
    const options = { of: { labels: many }, whole: new Float32Array(many.length).fill(0.1) };
    expect(kept([spread(0.29, 0.28, 0.28, 0.15)], options)).toEqual([]);
    expect(kept([spread(0.31, 0.28, 0.28, 0.13)], options)).toEqual([['dog', 0.31, 0]]);
  });

  it('has a label for which the whole image gives no reason, unless it is nearly certain', () => {
    const whole = Float32Array.of(0.995, 0.005, 0, 0, 0);
    expect(kept([region([0, 0, 9, 9], 'cat', 0.89)], { whole })).toEqual([]);
    expect(kept([region([0, 0, 9, 9], 'cat', 0.91)], { whole })).toEqual([['cat', 0.91, 0]]);
    expect(kept([region([0, 0, 9, 9], 'cat', 0.6)], { whole: Float32Array.of(0.989, 0.011, 0, 0, 0) })).toHaveLength(1);
  });

  it('has a probability for many labels at once', () => {
    const spread = { ...region([0, 0, 9, 9], 'dog', 1), probabilities: Float32Array.of(0.4, 0.15, 0.15, 0.15, 0.15) };
    const pair = { ...spread, probabilities: Float32Array.of(0.6, 0.4, 0, 0, 0) };
    const three = { ...spread, probabilities: Float32Array.of(0.45, 0.35, 0.2, 0, 0) };
    expect(kept([spread])).toEqual([]);
    expect(kept([three])).toEqual([]);
    expect(kept([pair])).toEqual([['dog', 0.6, 0]]);
  });

  it('has the label for background, if the network is a detector, or no other of at least 0.5', () => {
    const scores = (...values: number[]) => ({
      ...region([0, 0, 9, 9], 'dog', 1),
      probabilities: Float32Array.from(values),
    });
    const none = new Float32Array(5);
    expect(kept([scores(0.1, 0, 0, 0, 0.9)], { of: detector, whole: none })).toEqual([]);
    expect(kept([scores(0.45, 0.1, 0.1, 0, 0.35)], { of: detector, whole: none })).toEqual([]);
    expect(kept([scores(0.55, 0, 0, 0, 0.45)], { of: detector, whole: none })).toEqual([['dog', 0.55, 0]]);
  });
});

describe('the whole image', () => {
  const of = detector;
  const whole = probabilities('dog', 0.9);

  it('is a region of a detector, if it has a label that is not background', () => {
    expect(kept([], { of, whole })).toEqual([['dog', 0.9, 0]]);
    expect(kept([], { of, whole: Float32Array.of(0.49, 0.2, 0.1, 0.1, 0.11) })).toEqual([]);
    expect(kept([], { of, whole: Float32Array.of(0.1, 0, 0, 0, 0.9) })).toEqual([]);
  });

  it('is none if another region has its label, even a less probable one', () => {
    expect(kept([region([40, 40, 100, 100], 'dog', 0.6)], { of, whole })).toEqual([['dog', 0.6, 40]]);
    expect(kept([region([40, 40, 100, 100], 'cat', 0.6)], { of, whole })).toEqual([
      ['dog', 0.9, 0],
      ['cat', 0.6, 40],
    ]);
  });

  it('has the label of a region that it overlaps by more than 0.5, if it is more probable', () => {
    const nearlyAll = [10, 10, 1900, 900] as const;
    expect(kept([region(nearlyAll, 'cat', 0.6)], { of, whole })).toEqual([['dog', 0.9, 0]]);
    expect(kept([region(nearlyAll, 'cat', 0.95)], { of, whole })).toEqual([['cat', 0.95, 10]]);
  });

  it('is no region of any other network', () => {
    expect(kept([], { whole })).toEqual([]);
  });
});

describe('a network with a label that is only called background', () => {
  it('is no detector: the whole image has to support a label', () => {
    const of = { labels: withBackground };
    const whole = probabilities('dog', 0.999);
    expect(kept([region([0, 0, 9, 9], 'lamp', 0.6)], { of, whole })).toEqual([]);
    expect(kept([region([0, 0, 9, 9], 'lamp', 0.6)], { of: detector, whole })).toContainEqual(['lamp', 0.6, 0]);
  });
});

describe('the regions of an image', () => {
  it('are at most twenty, the most probable first', () => {
    const many = Array.from({ length: 50 }, (_, index) => region([index * 20, 0, 10, 10], 'dog', 0.5 + index / 100));
    const found = kept(many);
    expect(found).toHaveLength(maxKept);
    expect(found[0]).toEqual(['dog', 0.99, 980]);
    expect(found.at(-1)).toEqual(['dog', 0.8, 600]);
  });

  it('are in the order of their objectness, then of the proposals, if they are equally probable', () => {
    const equal = [
      region([0, 0, 10, 10], 'dog', 0.75, 0.2),
      region([20, 0, 10, 10], 'cat', 0.75, 0.4),
      region([40, 0, 10, 10], 'sofa', 0.75, 0.4),
    ];
    expect(kept(equal).map(([label]) => label)).toEqual(['cat', 'sofa', 'dog']);
    expect(kept(equal.toReversed()).map(([label]) => label)).toEqual(['sofa', 'cat', 'dog']);
  });

  it('have the first of labels that are equally probable', () => {
    const pair = { ...region([0, 0, 9, 9], 'dog', 1), probabilities: Float32Array.of(0, 0.5, 0.5, 0, 0) };
    expect(kept([pair])).toEqual([['cat', 0.5, 0]]);
  });

  it('are none of none', () => {
    expect(kept([])).toEqual([]);
  });
});

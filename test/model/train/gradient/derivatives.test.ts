import { describe, expect, it } from 'vitest';
import { derivatives } from '../../../../model/train/gradient/derivatives.ts';
import { convolutions } from './cases/convolutions.ts';
import { elements } from './cases/elements.ts';
import { normalizations } from './cases/normalizations.ts';
import { pools } from './cases/pools.ts';
import { products } from './cases/products.ts';
import { shapes } from './cases/shapes.ts';
import { checkGradient, type GradientCase } from './check-gradient.ts';

const tables: Record<string, Record<string, GradientCase>> = {
  'a convolution': convolutions,
  'a pool': pools,
  'a normalization': normalizations,
  'a product, a softmax or a loss': products,
  'what changes each element': elements,
  'what moves elements, joins them or sums them up': shapes,
};

describe.each(Object.entries(tables))('the gradient of %s is that of the reference:', (_, cases) => {
  it.each(Object.entries(cases))('%s', async (_name, own) => checkGradient(own));
});

it('every operator that has a derivative is tried here', () => {
  const tried = Object.values(tables).flatMap((cases) =>
    Object.values(cases).flatMap(({ nodes }) => nodes.map(({ opType }) => opType)),
  );
  expect(new Set(tried)).toEqual(new Set(Object.keys(derivatives)));
});

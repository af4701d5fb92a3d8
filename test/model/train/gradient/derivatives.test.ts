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
  convolutions,
  pools,
  normalizations,
  'products, softmax and losses': products,
  'elementwise operators': elements,
  'reshaping, concatenation and reductions': shapes,
};

describe.each(Object.entries(tables))('the gradient equals the reference for %s:', (_, cases) => {
  it.each(Object.entries(cases))('%s', async (_name, gradientCase) => checkGradient(gradientCase));
});

it('every operator with a derivative has a case', () => {
  const tested = Object.values(tables).flatMap((cases) =>
    Object.values(cases).flatMap(({ nodes }) => nodes.map(({ opType }) => opType)),
  );
  expect(new Set(tested)).toEqual(new Set(Object.keys(derivatives)));
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { makeNode } from '../../../../model/graph/node.ts';
import { convolutionCase } from './cases/convolutions.ts';
import { poolCase } from './cases/pools.ts';
import { type Image, windowAttributes } from './cases/window-attributes.ts';
import { checkGradient } from './check-gradient.ts';
import { gradientOf } from './gradient-of.ts';
import { made } from './reference/array.ts';
import { maxPool, toFirstLargest, type WindowOptions } from './reference/windows.ts';

const small = fc.integer({ min: 1, max: 3 });
const pair = fc.tuple(small, small);

/** Size of a window with its dilation. */
function reach({ kernel, dilations = [1, 1] }: WindowOptions, axis: 0 | 1): number {
  return dilations[axis] * (kernel[axis] - 1) + 1;
}

/** Pools, whose padding must be smaller than the window, on images at least as large as a window. */
const poolGeometry = fc
  .record({
    image: fc.tuple(small, small),
    kernel: pair,
    strides: pair,
    ends: fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat()),
    room: fc.tuple(fc.nat(4), fc.nat(4)),
  })
  .map(({ image: [batch, channels], kernel, strides, ends: [top, left, bottom, right], room }) => {
    const [high, wide] = kernel;
    const pads: WindowOptions['pads'] = [top % high, left % wide, bottom % high, right % wide];
    const image: Image = [batch, channels, high + room[0], wide + room[1]];
    return { image, options: { kernel, strides, pads } };
  });

it('the gradient of a convolution equals the reference for random geometries', async () => {
  const pad = fc.integer({ min: 0, max: 3 });
  const geometry = fc.record({
    batch: small,
    channels: small,
    filters: small,
    group: small,
    hasBias: fc.boolean(),
    options: fc.record({ kernel: pair, strides: pair, dilations: pair, pads: fc.tuple(pad, pad, pad, pad) }),
    room: fc.tuple(pad, pad),
  });
  const property = fc.asyncProperty(geometry, async ({ batch, channels, filters, group, hasBias, options, room }) => {
    const [top, left, bottom, right] = options.pads;
    const height = Math.max(1, reach(options, 0) - top - bottom) + room[0];
    const width = Math.max(1, reach(options, 1) - left - right) + room[1];
    const image: Image = [batch, channels * group, height, width];
    await checkGradient(convolutionCase(image, filters * group, { ...options, group }, hasBias));
  });
  await fc.assert(property, { numRuns: 40, seed: 1 });
});

it('the gradient of a pool equals the reference for random geometries', async () => {
  const operator = fc.constantFrom('MaxPool' as const, 'AveragePool' as const);
  const property = fc.asyncProperty(operator, poolGeometry, fc.boolean(), async (opType, geometry, countIncludePad) => {
    const counts = opType === 'MaxPool' ? {} : { countIncludePad };
    await checkGradient(poolCase(opType, geometry.image, { ...geometry.options, ...counts }));
  });
  await fc.assert(property, { numRuns: 40, seed: 1 });
});

it('the first of equal maxima gets the gradient of a window, row by row', async () => {
  const property = fc.asyncProperty(poolGeometry, fc.infiniteStream(fc.nat(2)), async ({ image, options }, numbers) => {
    // Few different numbers, so that many are equal; integer gradients, so that sums are exact.
    const draw = (shape: readonly number[]) => made(shape, () => Number(numbers.next().value) - 1);
    const x = draw(image);
    const cotangent = draw(maxPool(x, options).shape);
    const nodes = [makeNode('MaxPool', ['x'], ['y'], { attributes: windowAttributes(options) })];
    const gradient = await gradientOf(nodes, x, cotangent);
    expect([...gradient]).toEqual([...toFirstLargest(x, options, cotangent).data]);
  });
  await fc.assert(property, { numRuns: 40, seed: 1 });
});

import { describe, expect, it, onTestFinished } from 'vitest';
import { fitHead, scalingOf } from '../../../model/finetune/fit-head.ts';
import type { Examples } from '../../../model/finetune/linear-head.ts';
import { openHeadMath } from '../../../model/finetune/open-head-math.ts';
import { clusters } from '../../support/clusters.ts';

async function mathOf(examples: Examples, blockFloats?: number) {
  const math = await openHeadMath(examples, blockFloats);
  onTestFinished(() => math.close());
  return math;
}

const all = ({ labels }: Examples) => [...labels.keys()];

describe('the loss of a linear classifier', () => {
  it('has the gradient of finite differences', async () => {
    const examples = clusters([4, 5, 3], { spread: 1, size: 5 });
    const math = await mathOf(examples);
    const rows = all(examples);
    const scaling = await scalingOf(math, rows);
    const head = {
      weights: Float32Array.from({ length: 15 }, (_, at) => Math.sin(at)),
      bias: Float32Array.of(0.3, -0.2, 0.1),
    };
    const { weightGradient, biasGradient } = await math.loss(rows, scaling, head);
    const step = 1e-2;
    const slope = async (parameter: 'weights' | 'bias', at: number) => {
      const lossAt = async (change: number) => {
        const values = head[parameter].map((value, index) => (index === at ? value + change : value));
        return (await math.loss(rows, scaling, { ...head, [parameter]: values })).loss;
      };
      return ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
    };
    for (const at of weightGradient.keys()) expect(weightGradient[at]).toBeCloseTo(await slope('weights', at), 2);
    for (const at of biasGradient.keys()) expect(biasGradient[at]).toBeCloseTo(await slope('bias', at), 2);
    expect(weightGradient.some((value) => Math.abs(value) > 0.1)).toBe(true);
  });

  it('is the same in blocks of a few images', async () => {
    const examples = clusters([7, 6]);
    const [whole, blocks] = [await mathOf(examples), await mathOf(examples, 24)];
    const rows = all(examples).filter((row) => row !== 4);
    const scaling = await scalingOf(whole, rows);
    const inBlocks = await scalingOf(blocks, rows);
    for (const [at, value] of scaling.scale.entries()) expect((inBlocks.scale[at] ?? 0) / value).toBeCloseTo(1, 2);
    const head = { weights: new Float32Array(16).map((_, at) => at / 16), bias: Float32Array.of(0, 1) };
    const [expected, received] = [await whole.loss(rows, scaling, head), await blocks.loss(rows, scaling, head)];
    expect(received.loss).toBeCloseTo(expected.loss, 4);
    for (const [at, value] of expected.weightGradient.entries())
      expect(received.weightGradient[at]).toBeCloseTo(value, 4);
    expect(await blocks.probabilities(rows, head)).toEqual(await whole.probabilities(rows, head));
  });
});

describe('fitHead', () => {
  it('predicts the class frequencies under a very strong penalty', async () => {
    const examples = clusters([6, 3, 1]);
    const math = await mathOf(examples);
    const rows = all(examples);
    const scaling = await scalingOf(math, rows);
    const { head } = await fitHead(math, scaling, { rows, size: 8, classes: 3, strength: 1e7 });
    const exponentials = head.bias.map(Math.exp);
    const sum = exponentials.reduce((total, value) => total + value, 0);
    for (const [at, share] of [0.6, 0.3, 0.1].entries()) expect((exponentials[at] ?? 0) / sum).toBeCloseTo(share, 3);
  });

  it('finds the known optimum of one feature and two classes', async () => {
    // Scaled to −1 and 1, with w = w₁ − w₀ and w₁ = −w₀ the loss is 2 log(1 + e⁻ʷ) + strength · w² / 4.
    const examples = { embeddings: Float32Array.of(3, 5), size: 1, labels: BigInt64Array.of(0n, 1n), classes: 2 };
    const math = await mathOf(examples);
    const scaling = await scalingOf(math, [0, 1]);
    expect([...scaling.mean, ...scaling.scale]).toEqual([4, 1]);
    const { head, converged } = await fitHead(math, scaling, { rows: [0, 1], size: 1, classes: 2, strength: 0.5 });
    const [w0 = 0, w1 = 0] = head.weights;
    expect(converged).toBe(true);
    expect(w1).toBeCloseTo(-w0, 3);
    const w = w1 - w0;
    expect(2 / (1 + Math.exp(w))).toBeCloseTo((0.5 * w) / 2, 3);
    const [b0 = 0, b1 = 0] = head.bias;
    expect(b1 - b0).toBeCloseTo(-4 * w, 2);
  });

  it('ignores features that are equal for all images', async () => {
    const examples = clusters([5, 5]);
    for (const row of all(examples)) examples.embeddings[row * 8 + 3] = 1.7;
    const math = await mathOf(examples);
    const scaling = await scalingOf(math, all(examples));
    const { head } = await fitHead(math, scaling, { rows: all(examples), size: 8, classes: 2, strength: 0.1 });
    expect([head.weights[3], head.weights[11]]).toEqual([0, 0]);
    expect(head.weights.every(Number.isFinite)).toBe(true);
  });
});

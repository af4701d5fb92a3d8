import { afterEach, describe, expect, it, vi } from 'vitest';
import { printPrinciples } from '../../../cli/terminal/print-principles.ts';
import { checkPrinciples } from '../../../model/inspect/principles/check-principles.ts';
import { findNetwork } from '../../../model/networks/networks.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const options = { width: 1, batchNorm: false, dropout: false, seed: 1 };

/** The printed lines. */
function shown(principles: Parameters<typeof printPrinciples>[0], columns = 80): string[] {
  const print = vi.spyOn(console, 'log').mockImplementation(() => {});
  printPrinciples(principles, columns);
  return print.mock.calls.flatMap(([text]) => String(text).split('\n'));
}

describe('printing what the design principles say', () => {
  it('prints the stages, and each check with its limit and the layers beyond it', async () => {
    const principles = await checkPrinciples(findNetwork('lenet5').build({ ...options, classes: 10, size: 32 }));
    expect(shown({ file: 'lenet5.onnx', ...principles })).toEqual([
      'lenet5.onnx for one image [1, 3, 32, 32]',
      '',
      'stride   grid  channels  depth  mul-add  smallest cut',
      '───────────────────────────────────────────────────────',
      '     1  28×28         6      1    353 k         4,704',
      '     2  14×14        16      1    240 k         1,176',
      '     4    5×5        16      0                    400',
      '',
      '1. Avoid representational bottlenecks, especially early in the network',
      '   share kept by a cut: 0.34 (at least 0.33)',
      '   gain from widening before pooling: 1.36 (at most 1.20), 1 finding',
      '     1.36 s2: 28×28×6 to 14×14×6, later 10×10×16',
      '',
      '2. Turn pixels into channels before giving resolution away',
      '   stride / 2^layers with weights: 1.00 (at most 1.00)',
      '   growth of channels between stages: 1.00 (at least 1.00)',
      '',
      '3. Reduce channels before spatial aggregation',
      '   multiply-adds saved by a 1×1 reduction: no such layer',
      '   cost of large kernels over factorized ones: 2.02 (at most 1.00), 1 finding',
      '     2.02 c3: 5×5 as 2 layers of 3×3',
      '',
      '4. Balance the width and depth of the network',
      '   share of multiply-adds to share of depth: 1.24 (at most 3.00)',
    ]);
  });

  it('wraps long lines, counts findings that do not fit, and replaces control characters in names', () => {
    const finding = { layers: [`up\u001b[2A${'x'.repeat(30)}`, 'second'], value: 2, detail: 'a detail of some words' };
    const check = { principle: 4, name: 'balance', value: 2, limit: 1, finding: 'above' } as const;
    const checks = [{ ...check, findings: Array.from({ length: 15 }, () => finding) }];
    const stage = { stride: [1, 1], grid: [8, 8], channels: 4, depth: 1, multiplyAdds: 100, smallestCut: 256 } as const;
    const lines = shown({ file: 'file.onnx', model: 'tiny@1', image: [1, 3, 8, 8], stages: [stage], checks }, 50);
    expect(lines.slice(-3)).toEqual([
      `     2.00 up?[2A${'x'.repeat(30)},`,
      '          second: a detail of some words',
      '           and 3 more: --json lists all',
    ]);
    expect(lines[0]).toBe('tiny@1 for one image [1, 3, 8, 8]');
  });

  it('has nothing to read where the branches of an ensemble start at the image', () => {
    expect(shown({ file: 'file.onnx', image: [1, 3, 8, 8], stages: [], checks: [] })).toEqual([
      'file.onnx for one image [1, 3, 8, 8]',
      '',
      'not available: no map that everything passes between image and output, as in an ensemble',
    ]);
  });
});

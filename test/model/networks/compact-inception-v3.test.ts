import { describe, expect, it } from 'vitest';
import { countParameters } from '../../../model/inspect/count-parameters.ts';
import { findNetwork } from '../../../model/networks/networks.ts';
import { plain, rowsOf } from '../../support/networks.ts';

describe('the compact Inception-v3', () => {
  it('has one module of each kind', async () => {
    const { build, batchNorm } = findNetwork('compact-inception-v3');
    const network = build({ ...plain, classes: 10, size: 28, batchNorm });
    expect(countParameters(network)).toBe(342_490);
    expect(await rowsOf(network)).toEqual([
      ['conv1a/3x3', '16×28×28', 1],
      ['conv1b/3x3', '24×28×28', 1],
      ['mixed_2', '96×14×14', 3],
      ['mixed_3a', '112×14×14', 3],
      ['mixed_3b', '160×14×14', 5],
      ['mixed_4a', '288×7×7', 4],
      ['mixed_4b', '400×7×7', 3],
      ['pool5', '400×1×1', 0],
      ['logits', '10', 1],
    ]);
  });
});

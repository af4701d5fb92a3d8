import { describe, expect, it } from 'vitest';
import { layerTable } from '../../../model/inspect/layer-table.ts';
import { findNetwork } from '../../../model/networks/networks.ts';
import { plain, rowsOf } from '../../support/networks.ts';

describe('Inception-v2', () => {
  const { build, batchNorm } = findNetwork('inception-v2');

  it('has the sizes of table 1 of the paper', async () => {
    const network = build({ ...plain, size: 299, batchNorm });
    const { totals } = await layerTable(network);
    expect(totals).toMatchObject({ parameters: 25_769_544, multiplyAdds: 6_299_294_304, depth: 53 });
    // The table has the input size of each row; the output is the input of the next row.
    expect(await rowsOf(network)).toEqual([
      ['conv1/3x3_s2', '32×149×149', 1],
      ['conv2/3x3', '32×147×147', 1],
      ['conv3/3x3', '64×147×147', 1],
      ['pool3/3x3_s2', '64×73×73', 0],
      ['conv4/3x3', '80×71×71', 1],
      ['conv5/3x3_s2', '192×35×35', 1],
      ['conv6/3x3', '288×35×35', 1],
      ['inception_3a', '288×35×35', 3],
      ['inception_3b', '288×35×35', 3],
      ['inception_3c', '288×35×35', 3],
      ['reduction_3', '768×17×17', 3],
      ['inception_4a', '768×17×17', 5],
      ['inception_4b', '768×17×17', 5],
      ['inception_4c', '768×17×17', 5],
      ['inception_4d', '768×17×17', 5],
      ['inception_4e', '768×17×17', 5],
      ['reduction_4', '1280×8×8', 3],
      ['inception_5a', '2048×8×8', 3],
      ['inception_5b', '2048×8×8', 3],
      ['pool5', '2048×1×1', 0],
      ['logits', '1000', 1],
    ]);
  });

  it('has the 42 layers of the paper if 1×7 and 7×1 count as one, without the linear layer', async () => {
    const { rows, totals } = await layerTable(build({ ...plain, size: 299, batchNorm, width: 0.125 }));
    const factorized = rows.filter(({ name }) => name.startsWith('inception_4')).length;
    expect(totals.depth - 2 * factorized - 1).toBe(42);
  });
});

import { expect, it } from 'vitest';
import { expandBlocks } from '../../../model/inspect/expand-blocks.ts';
import { layerTable } from '../../../model/inspect/layer-table.ts';
import { findNetwork } from '../../../model/networks/networks.ts';

it('shows each layer of a block in its own row, with the shape of its output', async () => {
  const { build, batchNorm } = findNetwork('compact-inception-v3');
  const network = build({ classes: 10, size: 28, width: 1, batchNorm, dropout: false, seed: 1 });
  const table = await layerTable(network);
  const { rows, totals } = expandBlocks(table);
  const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + of(row), 0);
  expect([sum(({ parameters }) => parameters), sum(({ multiplyAdds }) => multiplyAdds)]).toEqual([
    totals.parameters,
    totals.multiplyAdds,
  ]);
  expect(rows.every(({ isBlock }) => !isBlock)).toBe(true);
  const module = rows.filter(({ name }) => name.startsWith('mixed_4b/'));
  expect(module.map(({ name, operator, shape, depth }) => [name, operator, shape.slice(1).join('×'), depth])).toEqual([
    ['mixed_4b/1.1_1x1', 'Conv', '80×7×7', 1],
    ['mixed_4b/2.1_1x1', 'Conv', '64×7×7', 1],
    ['mixed_4b/2.2_1x3', 'Conv', '64×7×7', 1],
    ['mixed_4b/2.2_3x1', 'Conv', '64×7×7', 1],
    ['mixed_4b/2.2_fork', 'Concat', '128×7×7', 0],
    ['mixed_4b/3.1_1x1', 'Conv', '64×7×7', 1],
    ['mixed_4b/3.2_3x3', 'Conv', '64×7×7', 1],
    ['mixed_4b/3.3_1x3', 'Conv', '64×7×7', 1],
    ['mixed_4b/3.3_3x1', 'Conv', '64×7×7', 1],
    ['mixed_4b/3.3_fork', 'Concat', '128×7×7', 0],
    ['mixed_4b/4.1_pool', 'AveragePool', '288×7×7', 0],
    ['mixed_4b/4.2_1x1', 'Conv', '64×7×7', 1],
    ['mixed_4b/output', 'Concat', '400×7×7', 0],
  ]);
  expect(module[2]?.layers.map(({ operator }) => operator)).toEqual(['Conv', 'BatchNormalization', 'Relu']);
});

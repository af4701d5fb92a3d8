import { afterEach, describe, expect, it, vi } from 'vitest';
import { printLayers } from '../../../cli/terminal/print-layers.ts';
import { layerTable } from '../../../model/inspect/layer-table.ts';
import { findNetwork } from '../../../model/networks/networks.ts';
import { tinyNetwork } from '../../support/tiny-model.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** The printed lines. */
function shown(table: Parameters<typeof printLayers>[0], columns: number | undefined): string[] {
  const print = vi.spyOn(console, 'log').mockImplementation(() => {});
  printLayers(table, columns);
  return print.mock.calls.flatMap(([text]) => String(text).split('\n'));
}

describe('printing a table of layers', () => {
  it('prints a row per layer and the totals', async () => {
    expect(shown(await layerTable(tinyNetwork(4, 32)), undefined)).toEqual([
      'layer   operator           output   depth  params  mul-add  field',
      '───────────────────────────────────────────────────────────────────',
      'conv1   Conv 3×3/2         6×15×15      1     168   36.5 k      3',
      'conv2   Conv 3×3/2         8×7×7        1     440   21.2 k      7',
      'pool    GlobalAveragePool  8×1×1                               31',
      'logits  Gemm               4            1      36       32     31',
      'total                                   3     644   57.6 k',
      'for one image [1, 3, 32, 32]; field: receptive field in pixels',
    ]);
  });

  it.each([60, 80, 100])('fits GoogLeNet into a terminal of %i columns', async (columns) => {
    const options = { classes: 1000, size: 64, width: 1, batchNorm: false, dropout: false, seed: 1 };
    const lines = shown(await layerTable(findNetwork('googlenet').build(options)), columns);
    const table = lines.slice(0, -1);
    expect(table).toHaveLength(23);
    for (const line of table) expect(line.length).toBeLessThanOrEqual(columns);
    if (columns >= 80) expect(lines.find((line) => line.startsWith('inception_4e '))).toContain(' 868,352 ');
  });

  it('replaces control characters in names, and lists operators that are not counted', async () => {
    const table = await layerTable(tinyNetwork(4, 32));
    const [row, ...rows] = table.rows;
    const hostile = row === undefined ? rows : [{ ...row, name: 'up\u001b[2A\n' }, ...rows];
    const lines = shown({ ...table, rows: hostile, totals: { ...table.totals, uncounted: ['LSTM'] } }, 80);
    expect(lines[2]).toMatch(/^up\?\[2A\? +Conv/);
    expect(lines.at(-1)).toBe('multiply-adds exclude LSTM');
  });
});

import { expect, it } from 'vitest';
import { minCosine } from '../../../model/quantize/check-int8.ts';
import { chooseFloatLayers, costBudget } from '../../../model/quantize/choose-float-layers.ts';

/** Costs of layers named 0, 1, ..., in budgets. */
const costs = (...budgets: readonly number[]) =>
  budgets.map((budget, index) => ({ layer: String(index), cost: budget * costBudget }));

it.each([
  { title: 'no layer whose costs add up to the budget', costs: costs(0.25, 0.25, 0.25, 0.25), floatLayers: [] },
  { title: 'the costliest layer, if the others are within the budget', costs: costs(0.2, 3, 0.4), floatLayers: ['1'] },
  {
    title: 'layers from the costliest on, until the others together are within the budget',
    costs: costs(0.1, 0.5, 4, 0.1, 2, 0, 1, 0.25, ...Array(16).fill(0)),
    floatLayers: ['2', '4', '6'],
  },
  { title: 'as many layers of small equal costs as it takes', costs: costs(...Array(40).fill(0.026)), floatLayers: 2 },
  { title: 'an eighth of the layers at most', costs: costs(...Array(24).fill(1)), floatLayers: 3 },
  { title: 'the next whole number of layers at most', costs: costs(...Array(25).fill(1)), floatLayers: 4 },
  { title: 'up to two layers of a small network', costs: costs(9, 8, 7, 6), floatLayers: ['0', '1'] },
  { title: 'nothing of a network without layers', costs: [], floatLayers: [] },
])('leaves in float $title', ({ costs, floatLayers }) => {
  const chosen = chooseFloatLayers(costs);
  if (typeof floatLayers === 'number') expect(chosen).toHaveLength(floatLayers);
  else expect(chosen).toEqual(floatLayers);
});

it('allows int8 to cost 15 % of what is refused', () => {
  expect(costBudget).toBeCloseTo(0.15 * (1 - minCosine), 9);
  expect(costBudget).toBeCloseTo(0.003, 9);
});

import { expect, it } from 'vitest';
import { chooseModels } from '../../../results/questions/choose-models.ts';
import { classifiedRow } from '../../support/result-rows.ts';
import { resultsOf } from '../../support/stores.ts';

const { preprocess } = classifiedRow('');
const older = { model: 'old@1', preprocess };
const newer = { model: 'new@2', preprocess };
const olderRow = classifiedRow('a', { ...older, classified_at: new Date('2026-03-01T10:00:00Z') });
const newerRow = classifiedRow('a', { ...newer, classified_at: new Date('2026-03-02T10:00:00Z') });

it('chooses the only two models, the older one first', async () => {
  expect(await chooseModels(await resultsOf([newerRow, olderRow]), {})).toEqual({ from: older, to: newer });
});

it.each([
  ['from', { from: 'new' }],
  ['to', { to: 'old@1' }],
])('chooses the other one of two models if only %s is given', async (_, given) => {
  expect(await chooseModels(await resultsOf([newerRow, olderRow]), given)).toEqual({ from: newer, to: older });
});

it('names what is wrong with the choice, and the available models', async () => {
  const two = await resultsOf([newerRow, olderRow]);
  await expect(chooseModels(two, { from: 'x' })).rejects.toThrow(
    `--from x matches no model; available: old@1/${preprocess}, new@2/${preprocess}`,
  );
  const three = await resultsOf([olderRow, { ...olderRow, preprocess: 'crops' }, newerRow]);
  await expect(chooseModels(three, {})).rejects.toThrow('to compare two models give --from and --to; available: ');
  await expect(chooseModels(three, { from: 'new' })).rejects.toThrow('give --to <model>; available: ');
  await expect(chooseModels(three, { from: 'old@1', to: 'new' })).rejects.toThrow('--from old@1 matches 2 models');
  const unique = { from: 'old@1/crops', to: 'new' };
  expect(await chooseModels(three, unique)).toEqual({ from: { model: 'old@1', preprocess: 'crops' }, to: newer });
});

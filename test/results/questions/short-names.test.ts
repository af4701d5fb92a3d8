import { describe, expect, it } from 'vitest';
import { modelsMatching, shortNames } from '../../../results/questions/stored-models.ts';

const float = { model: 'googlenet@0123456789ab', preprocess: 'fedcba9876543210' };
const retrained = { ...float, model: 'googlenet@0fedcba98765' };
const tenCrops = { ...float, preprocess: '0000111122223333' };
const int8 = { ...float, model: 'googlenet-int8@ba9876543210' };

describe('the short names of models', () => {
  it.each([
    ['names', [float, int8], ['googlenet', 'googlenet-int8']],
    [
      'the start of the digest of models with one name',
      [float, retrained, int8],
      ['googlenet@0123', 'googlenet@0fed', 'googlenet-int8'],
    ],
    [
      'the start of the preprocessing of one model',
      [float, tenCrops, int8],
      ['googlenet/fedc', 'googlenet/0000', 'googlenet-int8'],
    ],
    [
      'everything if nothing less is unique',
      [float, tenCrops, retrained],
      ['googlenet@0123456789ab/fedcba9876543210', 'googlenet/0000', 'googlenet@0fed'],
    ],
  ])('are %s', (_, models, names) => {
    expect([...(shortNames(models)?.values() ?? [])]).toEqual(names);
  });

  it('are options that mean the same model', () => {
    const models = [float, tenCrops, retrained, int8];
    for (const [model, name] of shortNames(models) ?? []) expect(modelsMatching(models, name)).toEqual([model]);
  });

  it('are missing for one model', () => {
    expect(shortNames([float])).toBeUndefined();
  });
});

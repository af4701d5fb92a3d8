import { expect, it } from 'vitest';
import { pullLibraryModel } from '../../../../cli/engine/models/pull-library-model.ts';
import { UserError } from '../../../../shared/failures/user-error.ts';

it.each([
  [undefined, {}, 'give the name of a model to pull; listModels gives the names'],
  [
    'fashion-mnist',
    { onstep: () => {} },
    'invalid options of pullModel: unknown option onstep, the options are signal,',
  ],
  ['fashion-mnist', { signal: 'no' }, 'invalid options of pullModel: signal: give an AbortSignal'],
  ['fashion-mnist', null, 'invalid options of pullModel: give an object with signal, onDownload, onStep'],
])('refuses the name %j with the options %j', async (name, options, message) => {
  const error = await pullLibraryModel(name, options).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UserError);
  expect(error).toMatchObject({ message: expect.stringContaining(message) });
});

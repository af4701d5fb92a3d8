import { expect, it } from 'vitest';
import { finishedImages } from '../../../results/questions/finished-images.ts';
import { classifiedRow, rejectedRow } from '../../support/result-rows.ts';
import { opened, rowsOf, storeOf } from '../../support/stores.ts';

const { model, preprocess } = classifiedRow('');

it('finishedImages omits retryable failures and rows of other models', async () => {
  const path = await storeOf([
    classifiedRow('done.jpg'),
    classifiedRow('other-model.jpg', { model: 'other@1' }),
    classifiedRow('other-crop.jpg', { preprocess: 'other' }),
    rejectedRow('text.jpg', { reason: 'not_an_image' }),
    rejectedRow('cut.jpg', { reason: 'truncated' }),
    rejectedRow('gone.jpg', { reason: 'object_gone' }),
    rejectedRow('late.jpg', { reason: 'timeout' }),
  ]);
  const finished = await finishedImages(await opened(path), { model, preprocess });
  expect(finished).toEqual(
    new Map([
      ['drop/done.jpg@e1', 'classified'],
      ['drop/text.jpg@e1', 'rejected'],
      ['drop/cut.jpg@e1', 'rejected'],
    ]),
  );
});

it('versions of the same bytes have a row each, and one that a listing finds again is finished', async () => {
  const version = (id: string) => classifiedRow('a.jpg', { image_id: `drop/a.jpg@${id}`, version: id });
  const results = await opened(await storeOf([version('v1')], [version('v2')]));
  expect(await rowsOf(results, 'select version from results order by version')).toEqual([['v1'], ['v2']]);
  const finished = await finishedImages(results, { model, preprocess });
  expect(finished).toEqual(new Map([['drop/a.jpg@e1', 'classified']]));
});

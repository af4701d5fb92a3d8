import { describe, expect, it } from 'vitest';
import { finishedImages } from '../../../results/questions/finished-images.ts';
import { finishedLookup } from '../../../results/questions/finished-lookup.ts';
import { classifiedRow, deletedRow, rejectedRow } from '../../support/result-rows.ts';
import { opened, resultsOf, storeOf } from '../../support/stores.ts';

const { model, preprocess } = classifiedRow('');
const object = (key: string, etag = 'e1') => ({ bucket: 'drop', key, etag, size: 1, modified: new Date(0) });

describe('finishedLookup', () => {
  it('finds the same images as finishedImages, among the given objects', async () => {
    const keys = ['a.jpg', 'grün 🦊.jpg', 'text.jpg', 'large.jpg', 'gone.jpg', 'other.jpg', 'new.jpg'];
    const path = await storeOf(
      [
        classifiedRow('a.jpg'),
        classifiedRow('grün 🦊.jpg'),
        rejectedRow('text.jpg'),
        rejectedRow('large.jpg', { reason: 'too_large' }),
        classifiedRow('gone.jpg'),
        classifiedRow('other.jpg', { model: 'other@0123456789ab' }),
      ],
      [deletedRow('gone.jpg')],
    );
    const results = await opened(path);
    const find = await finishedLookup(results, { model, preprocess }, { bucket: 'drop', prefix: '' });
    const all = await finishedImages(results, { model, preprocess });
    expect([...(await find(keys.map((key) => object(key))))].toSorted()).toEqual([...all.keys()].toSorted());
    expect([...all.keys()].toSorted()).toEqual(['drop/a.jpg@e1', 'drop/grün 🦊.jpg@e1', 'drop/text.jpg@e1']);
  });

  it('compares etags: other content is not finished', async () => {
    const results = await resultsOf([classifiedRow('a.jpg')]);
    const find = await finishedLookup(results, { model, preprocess }, { bucket: 'drop', prefix: 'a' });
    expect((await find([object('a.jpg', 'e2')])).has('drop/a.jpg@e2')).toBe(false);
    expect(await find([])).toEqual(new Set());
  });
});

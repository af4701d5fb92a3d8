import { describe, expect, it } from 'vitest';
import { countComputedImages } from '../../../results/questions/count-computed-images.ts';
import { classifiedRow, deletedRow, rejectedRow, storedRegion } from '../../support/result-rows.ts';
import { opened, storeOf } from '../../support/stores.ts';

const { ingested_at: ingested, classified_at: classified } = classifiedRow('');
const later = new Date('2026-03-01T11:00:00.250Z');

describe('countComputedImages', () => {
  it('groups images by provider and kind of source, with bytes, pixels, regions and times', async () => {
    const folder = { bucket: '/home/me/photos', image_id: '/home/me/photos/f.jpg@e1' };
    const path = await storeOf([
      classifiedRow('a.jpg'),
      classifiedRow('b.jpg', { bytes: 473, width: 100, height: 10, classified_at: later }),
      classifiedRow('c.jpg', { provider: 'cuda', regions: [storedRegion()], proposals: 100 }),
      classifiedRow('g.jpg', { provider: 'cuda', regions: [], proposals: 3 }),
      rejectedRow('d.txt'),
      rejectedRow('gone.jpg', { reason: 'object_gone', bytes: null }),
      classifiedRow('f.jpg', folder),
    ]);
    const results = await opened(path);
    const one = { images: 1, distinct: 1, bytes: 109_527, pixels: 187_500, first: ingested, last: classified };
    const two = { ...one, images: 2, distinct: 2, bytes: 219_054, pixels: 375_000 };
    const groups = await countComputedImages(results);
    expect(groups).toHaveLength(4);
    expect(groups).toEqual(
      expect.arrayContaining([
        {
          inFolder: false,
          provider: 'cpu',
          images: 2,
          distinct: 2,
          bytes: 110_000,
          pixels: 188_500,
          proposals: 0,
          first: ingested,
          last: later,
        },
        {
          inFolder: false,
          provider: null,
          images: 2,
          distinct: 2,
          bytes: 109_527,
          pixels: 0,
          proposals: 0,
          first: ingested,
          last: ingested,
        },
        { inFolder: false, provider: 'cuda', ...two, proposals: 103 },
        { inFolder: true, provider: 'cpu', ...one, proposals: 0 },
      ]),
    );
  });

  it('counts a repeated image once, and deleted images', async () => {
    const path = await storeOf(
      [classifiedRow('a.jpg'), classifiedRow('b.jpg')],
      [classifiedRow('a.jpg'), deletedRow('b.jpg')],
    );
    expect(await countComputedImages(await opened(path))).toMatchObject([{ images: 2 }]);
  });

  it('counts an image for every model that computed it, not for relabeled rows', async () => {
    const relabeled = { model: 'finetuned@1', classified_at: later };
    const again = { model: 'other@2', ingested_at: later, classified_at: later };
    const path = await storeOf(
      [classifiedRow('a.jpg'), classifiedRow('b.jpg'), rejectedRow('c.txt')],
      [
        classifiedRow('a.jpg', relabeled),
        classifiedRow('b.jpg', relabeled),
        rejectedRow('c.txt', { model: 'finetuned@1' }),
      ],
      [classifiedRow('a.jpg', again)],
    );
    expect(await countComputedImages(await opened(path))).toMatchObject([
      { provider: 'cpu', images: 3, distinct: 2, bytes: 3 * 109_527, last: later },
      { provider: null, images: 1, distinct: 1 },
    ]);
  });

  it('counts one job', async () => {
    const path = await storeOf([classifiedRow('a.jpg', { job: 'one' }), classifiedRow('b.jpg', { job: 'other' })]);
    const results = await opened(path);
    expect(await countComputedImages(results, { job: 'one' })).toMatchObject([{ images: 1 }]);
    expect(await countComputedImages(results, { job: 'none' })).toEqual([]);
  });
});

import { afterAll, describe, expect, it } from 'vitest';
import { openResults } from '../../../../results/open/open-results.ts';
import { findImage } from '../../../../results/similar/search/find-image.ts';
import { classifiedRow, deletedRow, rejectedRow } from '../../../support/result-rows.ts';
import { appendTo } from '../../../support/stores.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const space = { model: 'googlenet@0123456789ab', preprocess: 'fedcba9876543210' };
const inFolder = { bucket: '/photos', image_id: '/photos/a.jpg@f1' };

const path = temporaryFolder();

const rows = [
  classifiedRow('a.jpg'),
  classifiedRow('a.jpg', inFolder),
  classifiedRow('b.jpg'),
  classifiedRow('c.jpg', { model: 'other@0123456789ab' }),
  classifiedRow('gone.jpg'),
  deletedRow('gone.jpg'),
  rejectedRow('no.jpg'),
];
await appendTo(path, [rows]);
const results = await openResults({ kind: 'folder', path });
afterAll(() => results.close());

function find(name: string): Promise<string | undefined> {
  return findImage(results, space, name);
}

describe('findImage', () => {
  it.each([
    ['its id', 'drop/a.jpg@e1', 'drop/a.jpg@e1'],
    ['a unique key', 'b.jpg', 'drop/b.jpg@e1'],
    ['the path of its file', '/photos/a.jpg', '/photos/a.jpg@f1'],
  ])('finds an image by %s', async (_, name, id) => {
    expect(await find(name)).toBe(id);
  });

  it('returns undefined for an unknown name', async () => {
    expect(await find('none.jpg')).toBeUndefined();
  });

  it.each([
    [
      'a key of several images',
      'a.jpg',
      'a.jpg matches 2 images: give the id of one of them: /photos/a.jpg@f1, drop/a.jpg@e1',
    ],
    ['a deleted image', 'gone.jpg', 'gone.jpg has no embedding by googlenet@0123456789ab: it is deleted'],
    ['a rejected image', 'no.jpg', 'no.jpg has no embedding by googlenet@0123456789ab: it is rejected (not_an_image)'],
    [
      'an image of another model',
      'c.jpg',
      'c.jpg has no embedding by googlenet@0123456789ab: it was classified by other@0123456789ab',
    ],
  ])('refuses %s', async (_, name, message) => {
    await expect(find(name)).rejects.toThrow(message);
  });
});

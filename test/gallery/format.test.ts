import { expect, it } from 'vitest';
import { shortLocations } from '../../gallery/page/format.ts';

it.each([
  ['one folder', ['/home/me/a/photos'], ['…/a/photos']],
  ['folders with the same name', ['/home/me/a/photos', '/home/me/b/photos'], ['…/a/photos', '…/b/photos']],
  ['a longer common end', ['/x/1/a/photos', '/x/2/a/photos/'], ['…/1/a/photos', '…/2/a/photos']],
  ['a folder whose end another one has', ['/a/photos', '/x/a/photos'], ['/a/photos', '/x/a/photos']],
  ['a short path', ['/photos'], ['/photos']],
  ['buckets', ['s3://one/photos', 's3://two/photos'], ['s3://one/photos', 's3://two/photos']],
  ['a long prefix', ['s3://one/2019/07/photos'], ['…/07/photos']],
  ['a bucket', ['s3://one'], ['s3://one']],
])('shortens %s to the ends that differ', (_name, locations, expected) => {
  const shortened = shortLocations(locations);
  expect(locations.map((location) => shortened.get(location))).toEqual(expected);
});

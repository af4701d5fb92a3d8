import sharp from 'sharp';
import { expect, it } from 'vitest';
import { cameraRawKind } from '../../../shared/decode/camera-raw.ts';
import { film, height, pixels, scene, width } from '../../support/formats/scene.ts';
import { tiffFile } from '../../support/formats/tiff-file.ts';

const photo = { width, height, pixels };
const thumbnail = { width: 16, height: 12, pixels: new Uint8Array(16 * 12 * 3).fill(128) };
const isReduced = { 254: 1 };
const subDirectories = { 330: 8 };

it.each([
  ['CR2', tiffFile([thumbnail, photo], { mark: 'CR\x02\0\0\0\0\0' })],
  ['DNG', tiffFile([{ ...thumbnail, tags: { 50706: 0x401 } }])],
  ['DNG, big endian', tiffFile([{ ...thumbnail, tags: { 50706: 0x401 } }], { littleEndian: false })],
  ['ARW', tiffFile([{ ...thumbnail, tags: isReduced }, photo])],
  ['NEF', tiffFile([{ ...thumbnail, tags: { ...isReduced, ...subDirectories } }])],
])('a %s is camera raw, of which sharp alone would take the thumbnail', async (_, bytes) => {
  expect(cameraRawKind(bytes)).toBeDefined();
  expect(await sharp(bytes).metadata()).toMatchObject({ format: 'tiff', width: 16, height: 12 });
});

it.each([
  ['one page', () => scene().tiff().toBuffer()],
  ['several pages', async () => (await film()).tiff().toBuffer()],
  ['a pyramid, the largest first', () => scene().resize(600, 400).tiff({ pyramid: true, tile: true }).toBuffer()],
  ['BigTIFF', () => scene().tiff({ bigtiff: true }).toBuffer()],
  ['one page that calls itself reduced', () => tiffFile([{ ...photo, tags: isReduced }])],
  ['a directory beyond the end', () => Buffer.from('II*\0\xff\xff\xff\x7f', 'latin1')],
  [
    'a BigTIFF of more entries than there are bytes',
    () => Buffer.from(`II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0${'\xff'.repeat(8)}`, 'latin1'),
  ],
])('a TIFF of %s is none', async (_, make) => {
  expect(cameraRawKind(await make())).toBeUndefined();
});

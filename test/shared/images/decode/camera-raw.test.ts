import sharp from 'sharp';
import { expect, it } from 'vitest';
import { cameraRawKind } from '../../../../shared/images/decode/camera-raw.ts';
import { defaultDecodeLimits } from '../../../../shared/images/decode/identify.ts';
import { mediaTypeOf } from '../../../../shared/images/decode/signature.ts';
import { cropImage } from '../../../../shared/images/preprocess/crop-image.ts';
import { smallRule } from '../../../support/formats/rules.ts';
import { film, height, pixels, scene, width } from '../../../support/formats/scene.ts';
import { tiffFile } from '../../../support/formats/tiff-file.ts';
import { processorTime } from '../../../support/processor-time.ts';

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
])('a %s is a camera raw file, although sharp decodes its thumbnail', async (_, bytes) => {
  expect(cameraRawKind(bytes)).toBeDefined();
  expect(await sharp(bytes).metadata()).toMatchObject({ format: 'tiff', width: 16, height: 12 });
});

it.each([
  ['one page', () => scene().tiff().toBuffer()],
  ['several pages', async () => (await film()).tiff().toBuffer()],
  ['a pyramid, the largest first', () => scene().resize(600, 400).tiff({ pyramid: true, tile: true }).toBuffer()],
  ['BigTIFF', () => scene().tiff({ bigtiff: true }).toBuffer()],
  ['pixels that look like the mark of a CR2', marked],
  ['one page marked as reduced', () => tiffFile([{ ...photo, tags: isReduced }])],
  ['a directory beyond the end', () => Buffer.from('II*\0\xff\xff\xff\x7f', 'latin1')],
  [
    'a BigTIFF of more entries than there are bytes',
    () => Buffer.from(`II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0${'\xff'.repeat(8)}`, 'latin1'),
  ],
])('a TIFF with %s is not a camera raw file', async (_, make) => {
  expect(cameraRawKind(await make())).toBeUndefined();
});

/** The first pixels are at the offset of a CR2's mark, and the directory follows them. */
async function marked(): Promise<Buffer> {
  const bytes = await scene().tiff({ compression: 'none' }).toBuffer();
  expect(bytes.readUInt32LE(4)).toBeGreaterThan(1000);
  bytes.write('CR', 8, 'latin1');
  return bytes;
}

/** A TIFF whose page type is a value of millions of numbers. */
function longNumber(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.write('II*\0\x08\0\0\0\x01\0', 'latin1');
  bytes.writeUInt16LE(254, 10);
  bytes.writeUInt16LE(1, 12);
  bytes.writeUInt32LE(length - 64, 14);
  bytes.writeUInt32LE(64, 18);
  return bytes;
}

it('only the first number of a value as long as the file is read', async () => {
  const bytes = longNumber(2 ** 25);
  expect(await processorTime(() => cameraRawKind(bytes))).toBeLessThan(50);
});

it('a TIFF whose pixels look like the mark of a CR2 is decoded, and is a truncated TIFF if it is cut', async () => {
  const bytes = await marked();
  expect(await cropImage(bytes, smallRule(), defaultDecodeLimits)).toMatchObject({ format: 'tiff', width, height });
  expect(await mediaTypeOf(bytes.subarray(0, 1000))).toBe('image/tiff');
});

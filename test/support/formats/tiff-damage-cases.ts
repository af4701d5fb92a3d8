import { firstDirectory } from '../../../shared/images/decode/tiff-directory.ts';
import { casesOf, type FormatCase, rejected } from './format-case.ts';
import { scene } from './scene.ts';
import { tiffScene } from './tiff-scene.ts';

const endsEarly = rejected('truncated', 'JPEG data in a strip or tile of the image/tiff file ends early');

export const tiffDamageCases: readonly FormatCase[] = casesOf('TIFF', 'tiff', [
  ['a damaged tile', corrupt(8349), () => changeTile(deflateTiles(), (tile) => tile.fill(0x55))],
  ['a tile without data', corrupt(8349), () => withoutTile(deflateTiles())],
  ['half a tile of JPEG data', endsEarly, async () => changeTile(await jpegTiles(), zeroHalf)],
]);

function corrupt(length: number) {
  return rejected('corrupt', `the image/tiff file of ${length} bytes cannot be decoded`);
}

function deflateTiles(): Buffer {
  return tiffScene({ count: 3, bits: 8, photometric: 2 }, { layout: { tile: 64, compression: 'deflate' } });
}

function jpegTiles(): Promise<Buffer> {
  return scene().tiff({ compression: 'jpeg', quality: 95, tile: true, tileWidth: 32, tileHeight: 32 }).toBuffer();
}

function zeroHalf(tile: Buffer): Buffer {
  return tile.fill(0, tile.length >> 1);
}

/** Changes the second tile. */
function changeTile(bytes: Buffer, change: (tile: Buffer) => void): Buffer {
  const directory = firstDirectory(bytes);
  const at = directory?.number(324, 1) ?? 0;
  change(bytes.subarray(at, at + (directory?.number(325, 1) ?? 0)));
  return bytes;
}

/** Gives the second tile the offset and the length 0, as some programs write tiles of background. */
function withoutTile(bytes: Buffer): Buffer {
  for (const tag of [324, 325]) {
    const { at, width: bytesPerNumber } = firstDirectory(bytes)?.values.get(tag) ?? { at: 0, width: 0 };
    bytes.fill(0, at + bytesPerNumber, at + 2 * bytesPerNumber);
  }
  return bytes;
}

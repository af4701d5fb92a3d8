import sharp from 'sharp';
import { findBox } from '../../shared/images/decode/boxes.ts';
import { avifBrand, box } from './box-files.ts';

const tileSide = 496;
/** The decoder takes at most 256 tiles. */
const [rows, columns] = [16, 16];

/** An AVIF of 7936² pixels whose grid shows one tile of noise 256 times. Each is decoded on its own. */
export async function repeatedTile(): Promise<Buffer> {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  const image = sharp({ create: { width: tileSide, height: tileSide, channels: 3, background: 'black', noise } });
  const one = await image.avif({ effort: 0, quality: 80 }).toBuffer();
  const meta = contentOf(one, 'meta').subarray(4);
  const properties = contentOf(contentOf(meta, 'iprp'), 'ipco');
  const config = box('av1C', contentOf(properties, 'av1C'));
  const tile = contentOf(one, 'mdat');
  const grid = Buffer.from([0, 0, rows - 1, columns - 1, ...short(columns * tileSide), ...short(rows * tileSide)]);
  const boxes = (offset: number) =>
    box(
      'meta',
      Buffer.alloc(4),
      box('hdlr', Buffer.from('\0\0\0\0\0\0\0\0pict\0\0\0\0\0\0\0\0\0\0\0\0\0', 'latin1')),
      box('pitm', Buffer.from([0, 0, 0, 0, 0, 1])),
      locations([
        [offset, grid.length],
        [offset + grid.length, tile.length],
      ]),
      box('iinf', Buffer.from([0, 0, 0, 0, 0, 2]), item(1, 'grid'), item(2, 'av01')),
      box('iref', Buffer.alloc(4), box('dimg', references())),
      box(
        'iprp',
        box('ipco', sizeOf(columns * tileSide, rows * tileSide), sizeOf(tileSide, tileSide), config),
        // Item 1 has the first size; item 2 the second one and, essential, the configuration.
        box('ipma', Buffer.from([0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 1, 1, 0, 2, 2, 2, 0x83])),
      ),
    );
  const offset = avifBrand.length + boxes(0).length + 8;
  return Buffer.concat([avifBrand, boxes(offset), box('mdat', grid, tile)]);
}

function contentOf(range: Buffer, type: string): Buffer {
  const found = findBox(range, { start: 0, end: range.length }, type);
  if (found === undefined) throw new Error(`the encoder wrote no ${type}`);
  return range.subarray(found.start, found.end);
}

const short = (value: number) => [value >> 8, value & 255];

function sizeOf(width: number, height: number): Buffer {
  return box('ispe', Buffer.from([0, 0, 0, 0, 0, 0, ...short(width), 0, 0, ...short(height)]));
}

function item(id: number, type: string): Buffer {
  return box('infe', Buffer.from([2, 0, 0, 0, 0, id, 0, 0]), Buffer.from(`${type}\0`, 'latin1'));
}

/** One extent per item, offset and length of four bytes. */
function locations(extents: readonly (readonly [number, number])[]): Buffer {
  const list = Buffer.alloc(8 + 14 * extents.length);
  list[4] = 0x44;
  list.writeUInt16BE(extents.length, 6);
  for (const [index, [start, length]] of extents.entries()) {
    const at = 8 + 14 * index;
    list.writeUInt16BE(index + 1, at);
    list.writeUInt16BE(1, at + 4);
    list.writeUInt32BE(start, at + 6);
    list.writeUInt32BE(length, at + 10);
  }
  return box('iloc', list);
}

/** From item 1 to item 2, for each tile. */
function references(): Buffer {
  return Buffer.concat([
    Buffer.from([0, 1, ...short(rows * columns)]),
    Buffer.alloc(rows * columns * 2, '0002', 'hex'),
  ]);
}

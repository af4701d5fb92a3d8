import { deflateSync } from 'node:zlib';

/** How the pixels of a TIFF are stored. */
export interface TiffLayout {
  /** Side of square tiles, a multiple of 16. @default strips */
  readonly tile?: number;
  /** @default one strip */
  readonly rowsPerStrip?: number;
  /** Each channel by itself (PlanarConfiguration 2). */
  readonly isPlanar?: boolean;
  /** The lowest bit of a byte first (FillOrder 2). */
  readonly isBitReversed?: boolean;
  readonly compression?: 'none' | 'deflate';
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Strips or tiles of packed pixels; planes one after another. */
export function chunksOf(
  pixels: Uint8Array,
  size: Size,
  { count, bits }: { readonly count: number; readonly bits: number },
  { tile, rowsPerStrip, isPlanar = false, isBitReversed = false, compression = 'none' }: TiffLayout = {},
): Uint8Array[] {
  const planes = isPlanar ? planesOf(pixels, size, count, bits) : [pixels];
  const pixelBits = isPlanar ? bits : bits * count;
  const parts = planes.flatMap((plane) =>
    tile === undefined
      ? stripsOf(plane, Math.ceil((size.width * pixelBits) / 8) * (rowsPerStrip ?? size.height))
      : tilesOf(plane, size, pixelBits, tile),
  );
  const ordered = isBitReversed ? parts.map((part) => part.map(reversed)) : parts;
  return compression === 'deflate' ? ordered.map((part) => deflateSync(part)) : ordered;
}

function stripsOf(plane: Uint8Array, length: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(plane.length / length) }, (_, index) =>
    plane.subarray(index * length, (index + 1) * length),
  );
}

/** Tiles at the right and the bottom repeat nothing: the pixels beyond the image are zeros. */
function tilesOf(plane: Uint8Array, { width, height }: Size, pixelBits: number, side: number): Uint8Array[] {
  const [rowBytes, tileBytes] = [Math.ceil((width * pixelBits) / 8), (side * pixelBits) / 8];
  const tiles: Uint8Array[] = [];
  for (let top = 0; top < height; top += side) {
    for (let left = 0; left < rowBytes; left += tileBytes) {
      const data = new Uint8Array(tileBytes * side);
      for (let y = 0; y < Math.min(side, height - top); y += 1) {
        const row = (top + y) * rowBytes;
        data.set(plane.subarray(row + left, row + Math.min(left + tileBytes, rowBytes)), y * tileBytes);
      }
      tiles.push(data);
    }
  }
  return tiles;
}

/** Whole bytes per sample only. */
function planesOf(pixels: Uint8Array, { width, height }: Size, count: number, bits: number): Uint8Array[] {
  const bytes = bits / 8;
  return Array.from({ length: count }, (_, channel) =>
    Uint8Array.from({ length: width * height * bytes }, (_, at) => {
      const pixel = Math.floor(at / bytes);
      return pixels[(pixel * count + channel) * bytes + (at % bytes)] ?? 0;
    }),
  );
}

function reversed(byte: number): number {
  let result = 0;
  for (let bit = 0; bit < 8; bit += 1) result |= ((byte >> bit) & 1) << (7 - bit);
  return result;
}

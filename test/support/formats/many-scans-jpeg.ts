/** Runs of blocks without coefficients: symbol n0 is followed by n bits and stands for 2^n blocks and as many as those say. */
const runSymbols = Array.from({ length: 15 }, (_, bits) => bits << 4);

/** Bits by which the first of the scans of a coefficient may be shifted; each further scan refines it by one. */
const maxShift = 13;

/**
 * A valid, plain gray JPEG in many scans: it is small, and decoding takes time in proportion to pixels × scans. On one core
 * of 2026, 64 megapixels take 70 ms per scan, since a scan that refines looks at every coefficient.
 */
export function manyScansJpeg({ size, scans }: { readonly size: number; readonly scans: number }): Buffer {
  const blocks = Math.ceil(size / 8) ** 2;
  const blank = blankScan(blocks);
  const scan = (_: unknown, index: number) => {
    const shift = maxShift - (index % (maxShift + 1));
    const refined = shift === maxShift ? 0 : shift + 1;
    return Buffer.concat([segment(0xda, [1, 1, 0x00, 1, 63, (refined << 4) | shift]), blank]);
  };
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, [0, ...Array<number>(64).fill(1)]),
    segment(0xc2, [8, size >> 8, size & 255, size >> 8, size & 255, 1, 1, 0x11, 0]),
    segment(0xc4, [0x00, ...codesOfLength(1, 1), 0]), // coefficient 0: one code, for no difference
    segment(0xc4, [0x10, ...codesOfLength(4, runSymbols.length), ...runSymbols]),
    Buffer.concat([segment(0xda, [1, 1, 0x00, 0, 0, 0]), Buffer.alloc(Math.ceil(blocks / 8))]),
    ...Array.from({ length: scans - 1 }, scan),
    Buffer.from([0xff, 0xd9]),
  ]);
}

/** The bits of a scan in which no block has a coefficient. */
function blankScan(blocks: number): Buffer {
  const bits: string[] = [];
  for (let left = blocks; left > 0; ) {
    const symbol = Math.min(14, Math.floor(Math.log2(left)));
    const run = Math.min(left, 2 ** (symbol + 1) - 1);
    bits.push(symbol.toString(2).padStart(4, '0'));
    if (symbol > 0) bits.push((run - 2 ** symbol).toString(2).padStart(symbol, '0'));
    left -= run;
  }
  const bytes = bits.join('').match(/.{1,8}/g) ?? [];
  // After 0xff, a zero says that it is no marker.
  return Buffer.from(
    bytes
      .map((byte) => Number.parseInt(byte.padEnd(8, '1'), 2))
      .flatMap((byte) => (byte === 0xff ? [byte, 0] : [byte])),
  );
}

function codesOfLength(length: number, count: number): number[] {
  return Array.from({ length: 16 }, (_, index) => (index + 1 === length ? count : 0));
}

function segment(marker: number, data: readonly number[]): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, Buffer.from(data)]);
}

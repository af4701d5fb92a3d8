const headerBytes = 18;
const footer = 'TRUEVISION-XFILE.\0';
/** Bit of the type of run-length coded images. */
const runLength = 8;

/** Bits per pixel by type without that bit: palette, RGB, gray. */
const depths: ReadonlyMap<number, readonly number[]> = new Map([
  [1, [8, 16]],
  [2, [15, 16, 24, 32]],
  [3, [8, 16]],
]);

/** Whether a file is a TGA: by its footer, which old files lack, or by a header that fits all of its pixels. */
export function isTga(bytes: Buffer): boolean {
  if (bytes.length < headerBytes) return false;
  if (bytes.toString('latin1', bytes.length - footer.length) === footer) return true;
  const [idBytes = 0, hasPalette = 0, type = 0] = bytes;
  const [colors, colorBits] = [bytes.readUInt16LE(5), bytes[7] ?? 0];
  const [width, height] = [bytes.readUInt16LE(12), bytes.readUInt16LE(14)];
  const [depth = 0, descriptor = 0] = bytes.subarray(16);
  const kind = type & ~runLength;
  if (hasPalette > 1 || width === 0 || height === 0 || (descriptor & 0xc0) !== 0) return false;
  if (depths.get(kind)?.includes(depth) !== true || (kind === 1) !== (hasPalette === 1)) return false;
  if (hasPalette === 0 && (colors > 0 || colorBits > 0)) return false;
  const start = headerBytes + idBytes + hasPalette * colors * Math.ceil(colorBits / 8);
  const pixelBytes = Math.ceil(depth / 8);
  return (type & runLength) === 0
    ? start + width * height * pixelBytes === bytes.length
    : endOfRuns(bytes, start, width * height, pixelBytes) === bytes.length;
}

/** Where packets of a number of pixels end; undefined if they do not fit. */
function endOfRuns(bytes: Buffer, start: number, pixels: number, pixelBytes: number): number | undefined {
  let [at, done] = [start, 0];
  while (done < pixels && at < bytes.length) {
    const packet = bytes[at] ?? 0;
    const count = (packet & 0x7f) + 1;
    at += 1 + (packet & 0x80 ? 1 : count) * pixelBytes;
    done += count;
  }
  return done === pixels ? at : undefined;
}

/** Whether a file is a wireless bitmap: type 0, width and height in groups of 7 bits, and exactly the rows of its pixels. */
export function isWbmp(bytes: Buffer): boolean {
  if (bytes[0] !== 0 || bytes[1] !== 0) return false;
  const width = groups(bytes, 2);
  const height = width && groups(bytes, width.end);
  if (!height || width.value === 0 || height.value === 0) return false;
  return height.end + Math.ceil(width.value / 8) * height.value === bytes.length;
}

function groups(bytes: Buffer, start: number): { value: number; end: number } | undefined {
  const maxGroups = 3;
  let value = 0;
  for (let at = start; at < start + maxGroups; at += 1) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, end: at + 1 };
  }
  return undefined;
}
